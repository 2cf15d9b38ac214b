import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findJava } from './java.ts';
import {
  installDebianPackages,
  oneAtATime,
  type PartSearch,
  partsFolder,
  runInstaller,
} from './part.ts';

export interface KafkaPrograms {
  /** The path of `java`. */
  readonly java: string;
  /** Every jar of Apache Kafka, as java's `-cp` takes it. */
  readonly classPath: string;
}

const version = '4.3.1';
const manifest = fileURLToPath(new URL('./kafka-jars.xml', import.meta.url));
/** One fixed version, because Maven would take whatever is the newest. */
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** A real Apache Kafka, whose jars are brought once into this checkout's cache. */
export function findKafka(): PartSearch<KafkaPrograms> {
  const java = findJava();
  if (!java.ok) return java;
  const folder = join(partsFolder, `kafka-${version}`);
  const isThere = existsSync(folder) || oneAtATime(`kafka-${version}`, () => bring(folder));
  if (isThere) return { ok: true, part: { java: java.part, classPath: join(folder, '*') } };
  const needs = 'It takes Maven (`mvn`), and a way to Maven Central.';
  return { ok: false, reason: `Apache Kafka ${version} cannot be installed. ${needs}` };
}

function bring(folder: string): boolean {
  if (existsSync(folder)) return true;
  const hasMaven = spawnSync('mvn', ['--version'], { stdio: 'ignore' }).status === 0;
  if (!hasMaven && !installDebianPackages('maven')) return false;
  const made = `${folder}.${process.pid}`;
  const args = ['-B', '-q', '-f', manifest, copyDependencies, `-DoutputDirectory=${made}`];
  const isMade = runInstaller('mvn', [...args, '-DincludeScope=runtime']);
  if (isMade) renameSync(made, folder);
  else rmSync(made, { recursive: true, force: true });
  return isMade;
}
