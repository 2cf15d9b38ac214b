import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  installDebianPackages,
  oneAtATime,
  type PartSearch,
  partsFolder,
  runInstaller,
} from './part.ts';

/** A program from PyPI, with every package that it needs in a fixed version. */
export interface PythonPart {
  /** Names its folder in the cache, so it holds the version. */
  readonly name: string;
  readonly packages: readonly string[];
}

/** The folder that Python finds the packages in (PYTHONPATH); they are installed once. */
export function findPythonPackages({ name, packages }: PythonPart): PartSearch<string> {
  if (!isPython() && !installDebianPackages('python3')) {
    return { ok: false, reason: `There is no python3 for ${name}. Install it.` };
  }
  const folder = join(partsFolder, name);
  return oneAtATime(name, () => {
    if (existsSync(folder) || install(folder, packages)) return { ok: true, part: folder };
    const reason = `${name} cannot be installed. It takes python3.11 with pip, and a way to PyPI.`;
    return { ok: false, reason };
  });
}

function isPython(): boolean {
  return spawnSync('python3', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** With the system's pip, else with that of a virtual environment, else after installing one. */
function install(folder: string, packages: readonly string[]): boolean {
  const made = `${folder}.${process.pid}`;
  const target = ['install', '--quiet', '--no-deps', '--target', made, ...packages];
  const withPip = (python: string): boolean =>
    runInstaller(python, ['-m', 'pip', '--disable-pip-version-check', ...target]);
  const environment = join(partsFolder, 'python');
  const withEnvironment = (): boolean =>
    runInstaller('python3', ['-m', 'venv', environment]) &&
    withPip(join(environment, 'bin', 'python'));
  const isMade =
    withPip('python3') ||
    withEnvironment() ||
    (installDebianPackages('python3-pip') && withPip('python3'));
  if (isMade) renameSync(made, folder);
  else rmSync(made, { recursive: true, force: true });
  return isMade;
}
