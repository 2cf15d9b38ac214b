#!/usr/bin/env node
/**
 * Starts the program, from a clone (`src/start.ts`) as from the published package (`src/start.js`).
 * Plain JavaScript, because the Node that finds it may be too old for everything else: then the
 * Node that this package's installation brought along is looked for and takes over.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const nodeMajorMin = 24;

function isNodeNewEnough() {
  return Number(process.versions.node.split('.')[0]) >= nodeMajorMin;
}

/** The nearest Node in a `node_modules` above this file. */
function findOwnNode() {
  const system = process.platform.replace('win32', 'win');
  const program = process.platform === 'win32' ? 'node.exe' : 'node';
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const own = join(folder, 'node_modules', `node-${system}-${process.arch}`, 'bin', program);
    if (existsSync(own)) return own;
    const parent = dirname(folder);
    if (parent === folder) return null;
    folder = parent;
  }
}

function handOver(node) {
  // The channel carries nothing: its end tells the child that this process is gone.
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  const child = spawn(node, process.argv.slice(1), { stdio });
  // The child ends itself in good order; this process lives until it has.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`${node} cannot be started (${error.code}). Run \`npm ci\` again.\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** A launcher that was killed with -9 can pass nothing on; its server must not live on alone. */
function endWithLauncher() {
  if (process.channel === undefined) return;
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

async function start() {
  endWithLauncher();
  // Keeps compiled code between starts; a folder that cannot be written only costs time. It lies
  // beside the program, because Node's own choice is a name that anybody may take in /tmp first.
  const folder = fileURLToPath(new URL('../.cache/compiled', import.meta.url));
  const cache = module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE ?? folder)?.directory;
  // Threads have it only where the environment says so; without, the storage's thread reads and
  // compiles a compiler for its TypeScript: measured, 0.17 s of CPU and 37 MiB.
  if (cache !== undefined) process.env.NODE_COMPILE_CACHE ??= folder;
  const source = new URL('../src/start.ts', import.meta.url);
  const compiled = new URL('../src/start.js', import.meta.url);
  const program = await import(existsSync(source) ? source.href : compiled.href);
  await program.start();
}

const ownNode = isNodeNewEnough() ? null : findOwnNode();
if (isNodeNewEnough()) {
  await start();
} else if (ownNode !== null) {
  handOver(ownNode);
} else {
  process.stderr.write(
    `Watchword runs on Node ${nodeMajorMin} or newer, and this is ${process.version}. ` +
      'In a clone, run `npm ci` first: it brings the right one.\n',
  );
  process.exitCode = 1;
}
