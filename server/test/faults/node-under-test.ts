import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunningServer, startDevelopmentServer } from '../end-to-end/running-server.ts';
import type { Gateway } from './gateway.ts';
import { inTurns, type Killable } from './killable.ts';

/** A server of a run, with somebody who starts it again when it was killed. */
export interface NodeUnderTest {
  readonly url: string;
  readonly apiKey: string;
  readonly application: string;
  /** Its data folder. */
  readonly folder: string;
  processId(): number;
  /** Everything that it printed in all its lives. */
  output(): string;
  /** kill -9; what brings it up again tries until it succeeds: a full disk refuses a start. */
  kill: Killable['kill'];
  /** Its wall clock jumps by so much, for good. */
  stepClock(milliseconds: number): void;
  stop(): Promise<void>;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

export interface NodeOptions {
  readonly gateway: Gateway;
  /** A folder that is there already; one is made, and removed in the end, without it. */
  readonly folder?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const shiftedClock = new URL('./shifted-clock.ts', import.meta.url).href;
/** A start takes half a second, and many times that where all tests run at once. */
const bringUpTimeoutMs = 30_000;
const bringUpPauseMs = 100;
/** One second: what a run waits for is over soon, and `answers late` is later. */
const attemptTimeoutSeconds = '1';

export async function startNodeUnderTest(options: NodeOptions): Promise<NodeUnderTest> {
  const { gateway, environment = {} } = options;
  const scratch = mkdtempSync(join(tmpdir(), 'watchword-fault-node-'));
  const clock = openClock(join(scratch, 'clock'));
  const folder = options.folder ?? join(scratch, 'data');
  const given = {
    WATCHWORD_PROVIDERS: JSON.stringify(gateway.providers),
    WATCHWORD_EGRESS_ALLOW: `127.0.0.1:${gateway.port}`,
    WATCHWORD_DELIVERY_ATTEMPT_TIMEOUT_SECONDS: attemptTimeoutSeconds,
    NODE_OPTIONS: `--import=${shiftedClock}`,
    FAULTS_CLOCK_FILE: clock.file,
    ...environment,
  };
  let server: RunningServer;
  try {
    server = await startDevelopmentServer(given, folder);
  } catch (error) {
    rmSync(scratch, { recursive: true });
    throw error;
  }
  const { url, apiKey, application } = server;
  const earlier: string[] = [];

  async function restart(): Promise<void> {
    earlier.push(server.output());
    const deadlineMs = performance.now() + bringUpTimeoutMs;
    for (;;) {
      try {
        server = await server.restart();
        return;
      } catch (error) {
        if (performance.now() > deadlineMs) throw error;
        await pause(bringUpPauseMs);
      }
    }
  }
  const life = inTurns(() => server.kill(), restart);

  return {
    url,
    apiKey,
    application,
    folder,
    processId: () => server.processId,
    output: () => [...earlier, server.output()].join(''),
    kill: life.kill,
    stepClock: clock.step,
    async stop() {
      await server.stop();
    },
    async remove() {
      await life.whenUp();
      await server.kill();
      clock.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** The file that `shifted-clock.ts` looks into: how far the clock is off, one 64-bit float. */
function openClock(file: string) {
  const descriptor = openSync(file, 'w', 0o600);
  const offset = new Float64Array(1);
  const write = () => writeSync(descriptor, offset, 0, offset.byteLength, 0);
  write();
  return {
    file,
    step(milliseconds: number): void {
      offset[0] = (offset[0] ?? 0) + milliseconds;
      write();
    },
    close: () => closeSync(descriptor),
  };
}
