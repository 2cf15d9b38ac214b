import { testModel } from './model/model-tests.ts';

testModel('sqlite');
