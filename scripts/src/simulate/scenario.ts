import type { Autoscaler, ScalingPolicy } from '@cytoqueue/scaling';

/** Scenario for testing the policy. Times are simulated seconds. */
export interface SimulationConfig {
  readonly policy: ScalingPolicy;
  readonly autoscaler: Autoscaler;
  /** Throughput of one worker, independent of the policy's assumption. */
  readonly rowsPerSecondPerWorker: number;
  /** Throughput limit of all workers on a shared machine; ECS tasks do not share one. */
  readonly rowsPerSecondTogether?: number;
  readonly shardRows: number;
  /** Time from launching a task until it takes jobs. */
  readonly startSeconds: readonly [from: number, to: number];
  /** Delay of a datapoint after the end of its period. */
  readonly lagSeconds: readonly [from: number, to: number];
  /** Delay until a killed worker's shards are redelivered: its lock expires and another worker checks. */
  readonly redeliverySeconds: readonly [from: number, to: number];
  /** After this time on a shard a worker is protected from scale-in and deployments. */
  readonly protectAfterSeconds: number;
  readonly clinicians: RecordTrafficConfig;
  readonly seed: number;
}

export interface RecordTrafficConfig {
  readonly recordsPerSecond: number;
  /** Latency of an idle worker and of one that scores a shard, in seconds. */
  readonly idle: { readonly p50: number; readonly p99: number };
  readonly busy: { readonly p50: number; readonly p99: number };
  readonly redeliverySeconds: readonly [from: number, to: number];
  readonly atOncePerWorker: number;
}

export interface Scenario {
  /** Rows of its file. */
  readonly name: string;
  readonly title: string;
  readonly batches: readonly { readonly atSeconds: number; readonly rows: number }[];
  /** Number of lasting changes of load, which the number of workers may follow. An incident counts as one. */
  readonly loadSteps: number;
  readonly incidents: readonly Incident[];
  readonly config: SimulationConfig;
}

export type Incident =
  /** Workers crash. */
  | { readonly kind: 'kill'; readonly atSeconds: number; readonly workers: number }
  /**
   * Workers receive SIGTERM: they finish their shard or are killed after two minutes. Replacements take `startSeconds`,
   * because Spot capacity is scarce.
   */
  | {
      readonly kind: 'interruption';
      readonly atSeconds: number;
      readonly workers: number;
      readonly startSeconds: number;
    }
  /** A deployment replaces every worker: new ones start first, then unprotected old ones end. */
  | { readonly kind: 'deployment'; readonly atSeconds: number }
  /** No datapoints arrive. */
  | { readonly kind: 'no metrics'; readonly atSeconds: number; readonly untilSeconds: number };
