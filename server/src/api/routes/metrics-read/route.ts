import { Type } from 'typebox';
import { defineRoute } from '#api/route.ts';
import { noQuery } from '#api/schemas/text.ts';

export const metricsRead = defineRoute({
  method: 'GET',
  path: '/metrics',
  operationId: 'readMetrics',
  tag: 'about',
  summary: 'What is counted',
  description:
    'Gauges and counters of this process in the text format of Prometheus: the process itself, ' +
    'and, where the server takes commands from Kafka, whether the brokers are there and what ' +
    'became of the commands. Nothing in it is a secret or names a person.',
  access: 'open',
  query: noQuery,
  answer: {
    status: 200,
    description: 'The metrics.',
    mediaType: 'text/plain',
    schema: Type.String(),
  },
  refusals: [],
  async handle({ metrics }, _request, reply) {
    const { contentType, text } = await metrics();
    return reply.type(contentType).send(text);
  },
});
