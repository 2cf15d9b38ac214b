import { testModel } from './model-tests.ts';

testModel('postgres');
