import { testModelThroughDoors } from './model-tests.ts';

testModelThroughDoors('sqlite');
testModelThroughDoors('postgres');
