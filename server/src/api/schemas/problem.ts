import { Type } from 'typebox';
import { errorCodes } from '#api/errors.ts';

/** Every error, as RFC 9457 has it, with a stable `code` beside the sentences. */
export const problem = Type.Object(
  {
    type: Type.String({ format: 'uri', description: 'A page that explains the code.' }),
    title: Type.String({ description: 'The same for every occurrence of the code.' }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    code: Type.Unsafe<string>({ type: 'string', enum: errorCodes }),
    detail: Type.String({ description: 'What is wrong with this request, and what to do.' }),
    errors: Type.Array(
      Type.Object({
        pointer: Type.String({
          description: 'JSON pointer into the body; for a GET, into the query parameters.',
        }),
        detail: Type.String(),
      }),
      { description: 'The fields that are wrong; empty when it is none of them.' },
    ),
    limit: Type.Optional(
      Type.Object(
        {
          name: Type.String({ examples: ['recipient_sends_hour'] }),
          max: Type.Integer({ minimum: 0 }),
          windowSeconds: Type.Integer({ minimum: 0 }),
        },
        { description: 'The limit that was reached.' },
      ),
    ),
    requestId: Type.String({ description: 'As in the Request-Id header.' }),
  },
  {
    examples: [
      {
        type: 'http://127.0.0.1:8080/docs/errors/request_invalid',
        title: 'The request is not valid',
        status: 422,
        code: 'request_invalid',
        detail: '/recipient: This field is required.',
        errors: [{ pointer: '/recipient', detail: 'This field is required.' }],
        requestId: 'req_0k3v9q6w0z1h4e7n2c5x8t0m3b6d9g2j5p8s1v4y',
      },
    ],
  },
);
