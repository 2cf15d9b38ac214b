/**
 * What the benchmark and its load generator tell each other over the channel between the two
 * processes. A system is described by the texts that its calls are made of, so the generator parses
 * no JSON and costs every system the same.
 */

/** Whose numbers are called. */
export type NumberCountry = 'DE' | 'IN';

/**
 * A call with `{{number}}`, `{{id}}` and `{{code}}` where the values of a pair belong;
 * `{{national}}` is the number without its calling code.
 */
export interface CallShape {
  /** By GET no body is sent. */
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an answer has to look like. */
export interface AnswerShape {
  readonly status: number;
  readonly contains: string;
}

export interface SystemShape {
  /** Ports of the nodes on loopback; each call of a caller goes to the next one. */
  readonly ports: readonly number[];
  /** German ones where it does not say it. */
  readonly numbersOf?: NumberCountry;
  readonly start: CallShape;
  readonly started: AnswerShape;
  /** What stands before the id in the answer to a start; null where the number is the id. */
  readonly idAfter: string | null;
  readonly check: CallShape;
  readonly approved: AnswerShape;
  readonly wrong: AnswerShape;
  /** The texts that stand before the number's digits and before the code in what the sink gets. */
  readonly message: { readonly numberAfter: string; readonly codeAfter: string };
}

/** Ports of the gateways that the generator plays: one answers at once, one late, one never. */
export interface GatewayPorts {
  readonly healthy: number;
  readonly slow: number;
  readonly dead: number;
}

export interface Load {
  /** Messages are starts alone, each of which has to bring a message. */
  readonly workload: 'pairs' | 'messages' | 'wrong-checks';
  readonly shape: SystemShape;
  readonly callers: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Ends the load early; tells the benchmark at each tenth of it. */
  readonly pairsMax?: number;
  /** Callers beside those that are measured, whose messages go by a bad gateway. */
  readonly beside?: { readonly slow: SystemShape; readonly dead: SystemShape; callers: number };
}

/** A record of a topic, and the one that answers it under the same key. */
export interface CommandShape {
  readonly topic: string;
  readonly replyTopic: string;
  /** With the places that a `CallShape` has. */
  readonly value: string;
  /** Stands in a right reply. */
  readonly contains: string;
}

export interface KafkaShape {
  readonly brokers: string;
  readonly start: CommandShape;
  /** As a `SystemShape` has it. */
  readonly idAfter: string | null;
  readonly check: CommandShape;
  readonly message: SystemShape['message'];
  /** Where nobody sends a message upon a start. */
  readonly isEcho: boolean;
}

export interface KafkaLoad {
  readonly workload: 'kafka';
  readonly shape: KafkaShape;
  /** Starts; checks of what a load of starts has made before; or both in turn, as one does it. */
  readonly steps: 'starts' | 'checks' | 'pairs';
  /** Each has one command outstanding. */
  readonly callers: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export type AnyLoad = Load | KafkaLoad;

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface LoadResult {
  /** Pairs, messages, wrong checks, or replies on a topic. */
  readonly done: number;
  readonly seconds: number;
  readonly startMs: Percentiles;
  readonly checkMs: Percentiles;
  /** From the sending of the start to the call of the gateway. */
  readonly handOverMs: Percentiles;
  /** Messages that nobody waited for: sent twice, or to another number. */
  readonly strayMessages: number;
  /** The processor time of the generator as a share of one core. */
  readonly generatorCores: number;
}

export type ToGenerator = { readonly type: 'load'; readonly load: AnyLoad };

export type FromGenerator =
  | { readonly type: 'ready'; readonly ports: GatewayPorts }
  | { readonly type: 'begin' }
  | { readonly type: 'progress'; readonly done: number }
  | { readonly type: 'end'; readonly result: LoadResult }
  | { readonly type: 'failed'; readonly reason: string };
