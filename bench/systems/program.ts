/** Programs of the benchmark: started, waited for until they answer, and ended by their id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface ProgramPlan {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside PATH and HOME; nothing else of the environment of whoever runs the benchmark. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Takes what it prints. */
  readonly logFile: string;
  readonly port: number;
  /** Answers 200 once the program can work; null for one that does not speak HTTP. */
  readonly readyPath: string | null;
}

export interface Program {
  readonly processId: number;
  stop(): Promise<void>;
}

const startTimeoutMs = 30_000;
const pollMs = 2;
/** After it a program is killed: what it still had to do is thrown away with its folder. */
const stopTimeoutMs = 3_000;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// A signal would end this process without its exit being told to anybody.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}

export async function startProgram(plan: ProgramPlan): Promise<Program> {
  const log = openSync(plan.logFile, 'a');
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(plan.command, plan.args, {
    cwd: plan.folder,
    env: { PATH, HOME, ...plan.environment },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  running.add(child);
  const ended = new Promise<void>((done) => {
    child.once('exit', () => done());
    child.once('error', () => done());
  });
  void ended.then(() => running.delete(child));
  const program: Program = {
    processId: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await ended;
      clearTimeout(timer);
    },
  };
  const deadlineMs = Date.now() + startTimeoutMs;
  while (!(await isReady(plan))) {
    const isOver = !running.has(child);
    if (!isOver && Date.now() < deadlineMs) {
      await pause(pollMs);
      continue;
    }
    await program.stop();
    const output = readFileSync(plan.logFile, 'utf8').slice(-2_000);
    throw new Error(`${plan.command} ${plan.args.join(' ')} did not start:\n${output}`);
  }
  return program;
}

function isReady({ port, readyPath }: ProgramPlan): Promise<boolean> {
  if (readyPath === null) return isListening(port);
  return new Promise((answer) => {
    const request = get({ port, path: readyPath, host: '127.0.0.1', agent: false }, (response) => {
      response.resume();
      response.once('end', () => answer(response.statusCode === 200));
    });
    request.setTimeout(startTimeoutMs, () => request.destroy());
    request.once('error', () => answer(false));
  });
}

/** Whether somebody else holds the port, which is cheaper to ask than to speak its protocol. */
async function isListening(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((answer) => {
    probe.once('error', () => answer(true));
    probe.listen(port, '127.0.0.1', () => probe.close(() => answer(false)));
  });
}

export function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((answer, refused) => {
    probe.once('error', refused);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => answer(port));
    });
  });
}
