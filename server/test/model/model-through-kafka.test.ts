import { testModelThroughKafka } from './model-tests.ts';

testModelThroughKafka('sqlite');
testModelThroughKafka('postgres');
