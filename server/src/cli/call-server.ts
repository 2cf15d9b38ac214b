import type { CommandContext, CommandInput } from '#cli/command.ts';
import { type Config, variableOf } from '#src/config.ts';
import { readCredentials } from '#src/data-folder.ts';
import { parseJson } from '#src/setting-readers.ts';

/** How commands like `send` reach a running server, and as whom. */
export const serverOptions = {
  url: 'Address of the server, instead of the one that the settings lead to.',
  'api-key': 'API key to use, instead of WATCHWORD_API_KEY or the development key.',
} as const;

export interface ServerRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

export type ServerAnswer =
  | {
      readonly kind: 'answered';
      readonly url: string;
      readonly status: number;
      /** The JSON object of the body; empty where there is none. */
      readonly body: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'failed'; readonly sentence: string };

const answerTimeoutMs = 30_000;

export async function callServer(
  { config, options }: CommandInput,
  context: CommandContext,
  request: ServerRequest,
): Promise<ServerAnswer> {
  const development = readCredentials(config.data);
  const url = (options['url'] ?? development?.url ?? config.publicUrl ?? listenUrl(config)).replace(
    /\/+$/,
    '',
  );
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    return { kind: 'failed', sentence: '--url must be an http or https address.' };
  }
  // An empty variable counts as unset, as it does for settings.
  const givenKey = options['api-key'] ?? (context.environment['WATCHWORD_API_KEY'] || undefined);
  if (givenKey === undefined && development !== null && !isOwn(url, development.url, config)) {
    return {
      kind: 'failed',
      sentence:
        `The development key is for ${development.url} and is not sent to ${url}. ` +
        'Give the key of that server with --api-key or in WATCHWORD_API_KEY.',
    };
  }
  const apiKey = givenKey ?? development?.apiKey;
  try {
    const response = await fetch(url + request.path, {
      method: request.method,
      headers: {
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      redirect: 'error',
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    const body = parseJson(await response.text());
    const isObject = typeof body === 'object' && body !== null;
    return { kind: 'answered', url, status: response.status, body: isObject ? { ...body } : {} };
  } catch (error) {
    return { kind: 'failed', sentence: unreachable(url, error) };
  }
}

const loopbackNames = ['127.0.0.1', '[::1]', 'localhost'];

/** The server that made the key: where it said that it is, or at the port of the settings here. */
function isOwn(url: string, developmentUrl: string, { port }: Config): boolean {
  const places = [developmentUrl, ...loopbackNames.map((name) => `http://${name}:${port}`)];
  const { href } = new URL(url);
  return places.some((place) => URL.parse(place)?.href === href);
}

/** What a refusal says, with what to do where the answer cannot know it. */
export function refusalOf(answer: Extract<ServerAnswer, { kind: 'answered' }>): string {
  if (answer.status === 401) {
    return (
      `The server at ${answer.url} does not know this API key. Set WATCHWORD_API_KEY to one made ` +
      'with `watchword api-key create`.'
    );
  }
  const { detail, errors } = answer.body;
  if (typeof detail === 'string') return detail + placesOf(errors);
  return `The server at ${answer.url} answered ${answer.status} without a reason; see its log.`;
}

/** Where in the request the mistakes are, for what came from a file. */
function placesOf(errors: unknown): string {
  if (!Array.isArray(errors)) return '';
  const pointers = errors.flatMap((error: unknown) =>
    typeof error === 'object' && error !== null && 'pointer' in error ? [error.pointer] : [],
  );
  return pointers.length === 0 ? '' : ` (${pointers.slice(0, 5).join(', ')})`;
}

function listenUrl({ host, port }: Config): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function unreachable(url: string, error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `The server at ${url} did not answer within ${answerTimeoutMs / 1000} seconds.`;
  }
  const cause = error instanceof Error ? error.cause : null;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return (
    `No server answers at ${url}${code}. Start one with \`watchword dev\`, or name another with ` +
    `--url or ${variableOf('port')}.`
  );
}
