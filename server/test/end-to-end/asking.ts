import assert from 'node:assert/strict';
import { type Answer, judgeAnswer } from './judge-answer.ts';
import { type RawRequest, rawRequest, speak } from './raw-http.ts';
import type { RunningServer } from './running-server.ts';

export type RawHeaders = NonNullable<RawRequest['headers']>;

/** Requests as bytes, one connection each; every answer is judged before a test looks at it. */
export interface Asking {
  ask(request: RawRequest): Promise<Answer>;
  /** With the API key and, if there is one, a JSON body. */
  call(method: string, target: string, body?: string, more?: RawHeaders): Promise<Answer>;
}

export function createAsking(server: RunningServer): Asking {
  async function ask(request: RawRequest): Promise<Answer> {
    const what = `${request.method ?? 'GET'} ${request.target.slice(0, 120)}`;
    const { answers, isClosed } = await speak(server.url, rawRequest(request));
    const [answer] = answers;
    assert.ok(isClosed && answer !== undefined, `${what}: no answer`);
    // An answer to HEAD is one without its body, so there is no problem to read.
    if (request.method !== 'HEAD') judgeAnswer(what, answer);
    assert.ok(answer.status < 500, what);
    return answer;
  }

  return {
    ask,
    call(method, target, body, more = []) {
      const headers: RawHeaders = [
        ['Authorization', `Bearer ${server.apiKey}`],
        ...(body === undefined ? [] : ([['Content-Type', 'application/json']] as const)),
        ...more,
      ];
      return ask({ method, target, headers, ...(body === undefined ? {} : { body }) });
    },
  };
}
