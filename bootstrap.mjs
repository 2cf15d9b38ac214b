/**
 * Installs what the scripts of this workspace need, and does nothing when all is there. It runs on
 * whatever Node the machine has (20 or newer) and before anything is installed, so it is plain
 * JavaScript without dependencies. Everything after it runs on our own Node: npm puts
 * node_modules/.bin first on the PATH of its scripts, and `node` is there.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const lockFolder = join(root, '.cache', 'bootstrap.lock');
const nodeMajorMin = 24;
const bootstrapNodeMajorMin = 20;
const installTimeoutMs = 10 * 60 * 1000;
const pollMs = 200;
/** A lock without an owner's id is one whose owner died between two system calls. */
const ownerlessMs = 5_000;

/** @returns {never} */
function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** The package that brings our Node to this platform; older Nodes only run this file. */
const ownNode = `node_modules/node-${process.platform.replace('win32', 'win')}-${process.arch}`;

function majorVersion() {
  return Number(process.versions.node.split('.')[0]);
}

/**
 * Compares the lock file with the list that npm keeps of what it installed, so an `npm ci` by hand
 * counts as well as ours. npm writes that list last: a broken installation has none.
 */
function isInstalled(wanted) {
  const present = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages;
  if (present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true;
    const found = present[path];
    // Packages for other platforms are optional and rightly absent.
    if (found === undefined) return entry.optional === true && path !== ownNode;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * Puts our Node first on the path of scripts. npm does it as well, but npm 10 takes the link away
 * again with the packages for other platforms, whose programs have the same name.
 */
function linkNode() {
  const isWindows = process.platform === 'win32';
  const bin = join(root, 'node_modules', '.bin');
  const link = join(bin, isWindows ? 'node.cmd' : 'node');
  const program = join('..', ownNode.slice('node_modules/'.length), 'bin', 'node');
  if (existsSync(link) || !existsSync(join(root, ownNode))) return;
  mkdirSync(bin, { recursive: true });
  try {
    if (isWindows) writeFileSync(link, `@"%~dp0${program}.exe" %*\r\n`);
    else symlinkSync(program, link);
  } catch (error) {
    // Another caller was first.
    if (error.code !== 'EEXIST') throw error;
  }
}

/** Runs npm by the same program that called us, where npm told its path. */
function install() {
  const args = ['ci', '--include=dev', '--include=optional'];
  args.push('--no-audit', '--no-fund', '--loglevel=error', '--no-engine-strict');
  const npm = process.env.npm_execpath;
  const viaNode = npm?.endsWith('.js') === true;
  const answer = spawnSync(viaNode ? process.execPath : 'npm', viaNode ? [npm, ...args] : args, {
    cwd: root,
    // Standard output stays free for what the command itself prints.
    stdio: ['ignore', 2, 2],
    timeout: installTimeoutMs,
    shell: !viaNode && process.platform === 'win32',
  });
  if (answer.error?.code === 'ENOENT') {
    fail('npm was not found. Install npm 10 or newer, then run the same command again.');
  }
  if (answer.error?.code === 'ETIMEDOUT') {
    fail('npm did not finish within ten minutes. Check the network, then run the command again.');
  }
  if (answer.status !== 0) {
    fail(
      'npm could not install the packages; its own words stand above. Check that the package ' +
        'registry can be reached (`npm ping`), then run the same command again.',
    );
  }
}

function processLives(id) {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Takes the lock, or says who has it: making a folder succeeds for one caller only. */
function takeLock() {
  try {
    mkdirSync(lockFolder);
    writeFileSync(join(lockFolder, 'owner'), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') {
      fail(`The folder .cache cannot be written (${error.code}). Make this checkout writable.`);
    }
    return false;
  }
}

/** Removes a lock whose owner is gone. The rename makes sure that one caller removes it. */
function breakStaleLock() {
  let owner = Number.NaN;
  try {
    owner = Number(readFileSync(join(lockFolder, 'owner'), 'utf8') || Number.NaN);
  } catch {
    // Not written yet, or the lock was given back just now.
  }
  const madeAtMs = statSync(lockFolder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  const isStale = Number.isNaN(owner) ? Date.now() - madeAtMs > ownerlessMs : !processLives(owner);
  if (!isStale) return;
  const grave = `${lockFolder}.${process.pid}`;
  try {
    renameSync(lockFolder, grave);
    rmSync(grave, { recursive: true, force: true });
  } catch {
    // Another caller was first.
  }
}

async function installOnce(wanted) {
  mkdirSync(dirname(lockFolder), { recursive: true });
  const giveUpAtMs = Date.now() + installTimeoutMs;
  while (!takeLock()) {
    if (Date.now() > giveUpAtMs) {
      fail('Another installation has been running for ten minutes. End it, then try again.');
    }
    breakStaleLock();
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  process.once('exit', () => rmSync(lockFolder, { recursive: true, force: true }));
  if (isInstalled(wanted)) return;
  process.stderr.write('Installing what Watchword needs: once, about half a minute.\n');
  install();
}

if (majorVersion() < bootstrapNodeMajorMin) {
  fail(`Installing needs Node ${bootstrapNodeMajorMin} or newer; this is ${process.version}.`);
}
const wanted = readJson(join(root, 'package-lock.json'))?.packages;
if (wanted === undefined) fail('package-lock.json is missing or damaged. Check it out again.');
if (wanted[ownNode] === undefined && majorVersion() < nodeMajorMin) {
  fail(
    `Watchword runs on Node ${nodeMajorMin}, and the package registry has none for ` +
      `${process.platform} ${process.arch}. Install Node ${nodeMajorMin} or newer on this ` +
      'machine, then run the same command again.',
  );
}
if (!isInstalled(wanted)) await installOnce(wanted);
linkNode();
