import type { Autoscaler, ScalingPolicy } from '@cytoqueue/scaling';

/** What the policy is tried in. Times in seconds of the simulation. */
export interface SimulationConfig {
  readonly policy: ScalingPolicy;
  readonly autoscaler: Autoscaler;
  /** Of one worker, whatever the policy assumes. */
  readonly rowsPerSecondPerWorker: number;
  /** Of all together, when they share a machine; tasks of ECS do not. */
  readonly rowsPerSecondTogether?: number;
  readonly shardRows: number;
  /** From launching a task until it takes jobs. */
  readonly startSeconds: readonly [from: number, to: number];
  /** From the end of a period until its datapoint is seen. */
  readonly lagSeconds: readonly [from: number, to: number];
  /** Until the shards of a killed worker are given to another: its lock runs out, and somebody looks. */
  readonly redeliverySeconds: readonly [from: number, to: number];
  /** A worker whose shard has run for this time is not chosen for scale-in or by a deployment. */
  readonly protectAfterSeconds: number;
  readonly clinicians: RecordTrafficConfig;
  readonly seed: number;
}

export interface RecordTrafficConfig {
  readonly recordsPerSecond: number;
  /** Of a worker that scores no shard, and of one that does; in seconds. */
  readonly idle: { readonly p50: number; readonly p99: number };
  readonly busy: { readonly p50: number; readonly p99: number };
  readonly redeliverySeconds: readonly [from: number, to: number];
  readonly atOncePerWorker: number;
}

export interface Scenario {
  /** Of its file. */
  readonly name: string;
  readonly title: string;
  readonly batches: readonly { readonly atSeconds: number; readonly rows: number }[];
  /** How often the load changes and stays so: what the number of workers may follow. An incident is a step as well. */
  readonly loadSteps: number;
  readonly incidents: readonly Incident[];
  readonly config: SimulationConfig;
}

export type Incident =
  /** Workers end without goodbye. */
  | { readonly kind: 'kill'; readonly atSeconds: number; readonly workers: number }
  /** Workers are told to end: they finish their shard, or are killed after two minutes. Their successors take `startSeconds`, Spot capacity being scarce. */
  | {
      readonly kind: 'interruption';
      readonly atSeconds: number;
      readonly workers: number;
      readonly startSeconds: number;
    }
  /** Every worker is replaced by one of a new version: new ones start first, then old ones that are not protected end. */
  | { readonly kind: 'deployment'; readonly atSeconds: number }
  /** No datapoint comes in. */
  | { readonly kind: 'no metrics'; readonly atSeconds: number; readonly untilSeconds: number };
