import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { readForm, readMultipart } from '#compat/read-forms.ts';

export interface BodyRules {
  readonly reads: readonly ('json' | 'form' | 'multipart')[];
  /** Whether what is of another type, or cannot be read, is refused or counts as no body. */
  readonly otherwise: 'refused' | 'ignored';
}

/** The body is not of the type that it claims. The message quotes nothing of it. */
export class UnreadableBody extends Error {
  override readonly name = 'UnreadableBody';
}

type ReadBody = (body: Buffer, contentType: string) => unknown;

const readers: Record<BodyRules['reads'][number], { type: RegExp; read: ReadBody }> = {
  json: { type: /^(?:application|text)\/(?:[\w.-]+\+)?json\b/i, read: readJson },
  form: { type: /^application\/x-www-form-urlencoded\b/i, read: readForm },
  multipart: { type: /^multipart\/form-data\b/i, read: readMultipart },
};

/** Reads the bodies of one façade, and of no other door. No body at all is `undefined`. */
export function readBodies(app: FastifyInstance, { reads, otherwise }: BodyRules): void {
  app.removeAllContentTypeParsers();
  const isTolerant = otherwise === 'ignored';

  function addParser(type: RegExp | '*', read: ReadBody): void {
    app.addContentTypeParser<Buffer>(type, { parseAs: 'buffer' }, (request, body, done) => {
      try {
        const isEmpty = body.length === 0;
        done(null, isEmpty ? undefined : read(body, request.headers['content-type'] ?? ''));
      } catch (error) {
        if (!(error instanceof UnreadableBody)) throw error;
        if (isTolerant) done(null, undefined);
        else done(error, undefined);
      }
    });
  }

  for (const kind of reads) addParser(readers[kind].type, readers[kind].read);
  // Some clients name no type, or a wrong one, for what is JSON all the same.
  if (isTolerant) addParser('*', readJson);
}

function readJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new UnreadableBody('The body is not UTF-8.');
  try {
    const text = body.toString('utf8');
    return /[0-9]{16}/.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  } catch {
    throw new UnreadableBody('The body is not valid JSON.');
  }
}

/**
 * A whole number that does not fit into ours becomes the text of its digits: clients send ids of
 * 63 bits as numbers, and rounded they would name something else.
 */
function keepDigits(_name: string, value: unknown, { source }: { source?: string } = {}): unknown {
  const isRounded = typeof value === 'number' && !Number.isSafeInteger(value);
  return isRounded && source !== undefined && /^-?[0-9]+$/.test(source) ? source : value;
}
