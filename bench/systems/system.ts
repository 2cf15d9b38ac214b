/**
 * What the benchmark has to know of a system to measure it. Each system is one file beside this one
 * and one line in `index.ts`.
 */
import type { VendorCase } from '../facades/vendor.ts';
import type { Filled } from '../growth/kept-fill.ts';
import type { KafkaUnderTest } from '../kafka/kafka-site.ts';
import type { GatewayPorts, SystemShape } from '../load/protocol.ts';
import type { ProgramPlan } from './program.ts';

export interface System {
  /** As `--systems` and the results call it. */
  readonly name: string;
  /** As the table calls it. */
  readonly title: string;
  /** Whether its façades are measured. */
  readonly hasFacades?: boolean;
  /** Whether it takes commands from Kafka. */
  readonly hasKafka?: boolean;
  /** Finds or installs what it needs, once, before anything is measured. */
  prepare(): Promise<Preparation>;
  /** Starts it on nothing: an empty folder, an empty database. */
  start(ground: Ground): Promise<RunningSystem>;
  /** Opens it on a database that holds years; growth is measured where that can be done. */
  openGrown?(place: GrowthPlace): Promise<Grown>;
}

export type Preparation =
  | { readonly ok: true; readonly version: string }
  /** One sentence: why it cannot be had on this machine. */
  | { readonly ok: false; readonly reason: string };

export interface Ground {
  /** Empty, and removed after the system was stopped. */
  readonly folder: string;
  readonly gateways: GatewayPorts;
  /** Also bring `slow` and `dead`, if the system can. */
  readonly isWithBadGateways: boolean;
  /** Also make clients of façades, if the system can. */
  readonly isWithFacades?: boolean;
  /** Also start a broker, and take commands from it, if the system can. */
  readonly isWithKafka?: boolean;
}

export interface RunningSystem {
  readonly shape: SystemShape;
  /** The same system where messages go by a slow or a dead gateway alone. */
  readonly bad?: { readonly slow: SystemShape; readonly dead: SystemShape };
  /** Its façades, each beside what it stands in front of. */
  readonly facades?: readonly FacadeCase[];
  /** Its broker, and what is written there. */
  readonly kafka?: KafkaUnderTest;
  /** Process ids whose trees are the server, and those that are its database. */
  readonly servers: readonly number[];
  readonly databases: readonly number[];
  /** How its server is started once everything is there, for measuring that. */
  readonly startPlan: ProgramPlan;
  stop(): Promise<void>;
  /** Ends the server alone, so that another can be started by the plan. */
  stopServers(): Promise<void>;
}

/** Two shapes of one server that do the same, one through a façade and one without. */
export interface FacadeCase extends Pick<VendorCase, 'title' | 'workload'> {
  readonly facade: SystemShape;
  readonly native: SystemShape | null;
}

export interface GrowthPlace {
  /** Belongs to one storage and this many verifications. */
  readonly folder: string;
  readonly verifications: number;
  readonly gateways: GatewayPorts;
  say(line: string): void;
}

export interface Grown {
  readonly filled: Filled;
  /** `folder` is empty and takes the logs. */
  start(folder: string): Promise<RunningSystem>;
}
