import {
  type CommandContext,
  type CommandInput,
  failed,
  misused,
  type Outcome,
} from '#cli/command.ts';
import { refused } from '#cli/refused.ts';
import { type Config, variableOf } from '#src/config.ts';
import { type DevelopmentCredentials, readCredentials } from '#src/data-folder.ts';
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
  | Exclude<Outcome, { kind: 'done' } | { kind: 'ended' }>;

const answerTimeoutMs = 30_000;

export async function callServer(
  { config, options }: CommandInput,
  context: CommandContext,
  request: ServerRequest,
): Promise<ServerAnswer> {
  const development = readCredentials(config.data);
  const url = (options['url'] ?? ownAddress(config, development)).replace(/\/+$/, '');
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    return misused('--url must be an http or https address.');
  }
  // An empty variable counts as unset, as it does for settings.
  const givenKey = options['api-key'] ?? (context.environment['WATCHWORD_API_KEY'] || undefined);
  if (givenKey === undefined && development !== null && !isOwn(url, development.url, config)) {
    return failed(
      `The development key is for ${development.url} and is not sent to ${url}. ` +
        'Give the key of that server with --api-key or in WATCHWORD_API_KEY.',
    );
  }
  const apiKey = givenKey ?? development?.apiKey;
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    return misused(
      'An API key has no spaces and only letters, digits and signs of ASCII. Correct --api-key ' +
        'or WATCHWORD_API_KEY.',
    );
  }
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
    const advice = options['url'] === undefined ? startAdvice(config, development) : urlAdvice;
    return failed(unreachable(url, error, advice));
  }
}

const loopbackNames = ['127.0.0.1', '[::1]', 'localhost'];

/** The server that made the key: where it said that it is, or at the port of the settings here. */
function isOwn(url: string, developmentUrl: string, config: Config): boolean {
  const here = loopbackNames.map((name) => `http://${name}:${config.port}`);
  const places = [developmentUrl, listenUrl(config), ...here];
  const { href } = new URL(url);
  return places.some((place) => URL.parse(place)?.href === href);
}

/** What a refusal says, with what to do where the answer cannot know it. */
export function refusalOf(answer: Extract<ServerAnswer, { kind: 'answered' }>): Outcome {
  if (answer.status === 401) {
    return failed(
      `The server at ${answer.url} does not know this API key. Set WATCHWORD_API_KEY to one made ` +
        'with `watchword api-key create`.',
    );
  }
  const { code, detail, errors } = answer.body;
  if (typeof detail === 'string')
    return refused({ code, detail: detail + placesOf(errors, detail) });
  return failed(
    `The server at ${answer.url} answered ${answer.status} without a reason; see its log.`,
  );
}

/** Where in the request the mistakes are, for what came from a file; most details say it. */
function placesOf(errors: unknown, detail: string): string {
  if (!Array.isArray(errors)) return '';
  const pointers = errors.flatMap((error: unknown) =>
    typeof error === 'object' && error !== null && 'pointer' in error ? [error.pointer] : [],
  );
  const unsaid = pointers.filter((pointer) => !detail.includes(String(pointer)));
  return unsaid.length === 0 ? '' : ` (${unsaid.slice(0, 5).join(', ')})`;
}

/**
 * Where the server of these settings listens. The public address is for others: on this machine it
 * may lead through a proxy, or nowhere. The development server tells its address, which alone knows
 * a port that was picked, unless that is the public one.
 */
function ownAddress(config: Config, development: DevelopmentCredentials | null): string {
  if (development !== null && development.url !== config.publicUrl) return development.url;
  if (config.port !== 0) return listenUrl(config);
  return config.publicUrl ?? listenUrl(config);
}

function listenUrl({ host, port }: Config): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

const urlAdvice = 'Start one there, or correct --url.';

function startAdvice(config: Config, development: DevelopmentCredentials | null): string {
  const command = development === null && config.keys !== null ? 'serve' : 'dev';
  // The address of a development server comes from its data folder, whatever the port is set to.
  const place = variableOf(development === null ? 'port' : 'data');
  return `Start one with \`watchword ${command}\`, or name another with --url or ${place}.`;
}

function unreachable(url: string, error: unknown, advice: string): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `The server at ${url} did not answer within ${answerTimeoutMs / 1000} seconds.`;
  }
  const cause = error instanceof Error ? error.cause : null;
  const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return `No server answers at ${url}${code}. ${advice}`;
}
