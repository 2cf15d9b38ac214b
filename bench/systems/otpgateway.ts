import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SystemShape } from '../load/protocol.ts';
import { cacheFolder } from './cache-folder.ts';
import { freePort, startProgram } from './program.ts';
import { type Durability, prepareRedis, startRedis } from './redis.ts';
import type { Ground, Preparation, RunningSystem, System } from './system.ts';

const name = 'github.com/knadh/otpgateway/v3';
const version = 'v3.6.3';
const buildTimeoutMs = 300_000;
const run = promisify(execFile);

export const otpgateway = systemOf('otpgateway', 'otpgateway, Redis not durable', 'default');
export const otpgatewayDurable = systemOf(
  'otpgateway-durable',
  'otpgateway, Redis durable',
  'durable',
);

function systemOf(systemName: string, title: string, durability: Durability): System {
  return {
    name: systemName,
    title,
    async prepare() {
      const redis = prepareRedis();
      if (!redis.ok) return redis;
      const built = await build();
      return built.ok ? { ok: true, version: `${built.version}, ${redis.version}` } : built;
    },
    start: (ground) => start(ground, durability),
  };
}

/** Built in a copy of the module, because the program reads templates from where it runs. */
async function build(): Promise<Preparation> {
  const folder = cacheFolder('otpgateway');
  const found = { ok: true, version } as const;
  if (existsSync(join(folder, 'otpgateway'))) return found;
  try {
    const { stdout } = await go(['mod', 'download', '-json', `${name}@${version}`], '.');
    mkdirSync(folder, { recursive: true });
    cpSync(String(JSON.parse(stdout).Dir), folder, { recursive: true });
    await run('chmod', ['-R', 'u+w', folder]);
    await go(['build', '-o', 'otpgateway', './cmd/otpgateway'], folder);
    return found;
  } catch (error) {
    const reason =
      `Go could not build it: ${reasonOf(error)}. Unpack its source of ${version} in ` +
      '.cache/bench/otpgateway and build `otpgateway` there: it is then used.';
    return { ok: false, reason };
  }
}

function go(args: readonly string[], folder: string) {
  const environment = { ...process.env, CGO_ENABLED: '0' };
  return run('go', [...args], { cwd: folder, env: environment, timeout: buildTimeoutMs });
}

/** `go mod download -json` tells its error on standard output, other commands on the other one. */
function reasonOf(error: unknown): string {
  const {
    stdout = '',
    stderr = '',
    message,
  } = error as Error & Record<'stdout' | 'stderr', string>;
  const told = /"Error": "((?:[^"\\]|\\.)*)"/.exec(stdout)?.[1]?.replace(/(\\[nt])+/g, ' ');
  const sentence = told ?? stderr.trim().split('\n').at(-1) ?? message;
  // Which proxy was asked is this machine's affair.
  return sentence.replace(/\b(reading )?https?:\S+ ?/g, '');
}

async function start(ground: Ground, durability: Durability): Promise<RunningSystem> {
  const { folder } = ground;
  const redis = await startRedis(folder, durability);
  try {
    const port = await freePort();
    const configuration = join(folder, 'otpgateway.toml');
    writeFileSync(configuration, configurationOf(port, redis.port, ground));
    const place = cacheFolder('otpgateway');
    const startPlan = {
      command: join(place, 'otpgateway'),
      args: ['--config', configuration],
      folder: place,
      logFile: join(folder, 'otpgateway.log'),
      port,
      readyPath: '/api/health',
    };
    const server = await startProgram(startPlan);
    return {
      shape: shapeOf(port),
      servers: [server.processId],
      databases: [redis.processId],
      startPlan,
      stopServers: server.stop,
      async stop() {
        await server.stop();
        await redis.stop();
      },
    };
  } catch (error) {
    await redis.stop();
    throw error;
  }
}

/** The sample's values, but for logs, addresses and a pool of connections that are kept. */
function configurationOf(port: number, redisPort: number, { gateways }: Ground): string {
  return `
[app]
address = "127.0.0.1:${port}"
server_timeout = "5s"
enable_debug_logs = false
otp_ttl = 300
otp_max_attempts = 5
otp_max_generate = 3
root_url = "http://127.0.0.1:${port}"

[store.redis]
host = "127.0.0.1"
port = "${redisPort}"

[auth.bench]
namespace = "bench"
secret = "bench-secret"

[providers.smtp]
enabled = false

[webhooks.sink]
enabled = true
id = "sink"
url = "http://127.0.0.1:${gateways.healthy}/"
max_conns = 256
timeout = "5s"
subject = "verification"
channel_name = "SMS"
address_name = "Mobile number"
max_address_len = 16
max_otp_len = 6
`;
}

/** The number is the id as well: a pair's own, of more than six characters. */
function shapeOf(port: number): SystemShape {
  const credentials = Buffer.from('bench:bench-secret').toString('base64');
  const headers = {
    authorization: `Basic ${credentials}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  const path = '/api/otp/{{number}}';
  return {
    ports: [port],
    start: { method: 'PUT', path, headers, body: 'provider=sink&to=%2B{{number}}' },
    started: { status: 200, contains: '"status":"success"' },
    idAfter: null,
    check: { method: 'POST', path, headers, body: 'otp={{code}}' },
    approved: { status: 200, contains: '"closed":true' },
    wrong: { status: 400, contains: 'Incorrect OTP' },
    message: { numberAfter: '"to":"+', codeAfter: '"otp":"' },
  };
}
