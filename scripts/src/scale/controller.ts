import type { CytoqueueClient } from '@cytoqueue/client';
import {
  type Datapoint,
  type Decision,
  type ScalerState,
  type ScalingPolicy,
  evaluatePolicy,
  initialState,
} from '@cytoqueue/scaling';

/** One real second stands for one minute of the policy's periods, cooldowns and ages. */
export const POLICY_SECONDS_PER_SECOND = 60;

/** Load and workers as the controller sees them. Times are the policy's seconds. */
export interface ControllerOptions {
  readonly policy: ScalingPolicy;
  readonly client: Pick<CytoqueueClient, 'queue'>;
  /** Rows of the batches accepted so far. */
  readonly acceptedRows: (untilMs: number) => number;
  readonly workersRunning: () => number;
  /** Resolves when this many workers run. */
  readonly scale: (workers: number) => Promise<void>;
  readonly onSample: (sample: ControlSample, decision: Decision) => void;
  readonly onError: (error: unknown) => void;
  /** Milliseconds since the epoch; default: the system clock. */
  readonly now?: () => number;
}

export interface ControlSample {
  /** The policy's seconds since the start. */
  readonly atSeconds: number;
  /** Null when the queue did not respond. */
  readonly backlogRows: number | null;
  readonly doneRows: number;
  readonly desired: number;
  readonly running: number;
  /** Workers with a heartbeat; null when the queue did not respond. */
  readonly alive: number | null;
}

/** Counts running workers where AWS counts by metrics; scales in as fast as the load falls. */
const AUTOSCALER = { base: 'running', maxScaleInStep: Infinity } as const;

/** Once per period: reads the queue, applies the policy, starts or stops workers. `start` and `stop` are idempotent. */
export class Controller {
  private state: ScalerState;
  private timer: NodeJS.Timeout | undefined;
  private readonly now: () => number;
  private readonly startedAtMs: number;
  private doneRows = 0;
  private alive: number | null = null;
  private reading = Promise.resolve();
  private scaling: Promise<void> | undefined;
  private isStopping = false;

  constructor(private readonly options: ControllerOptions) {
    this.state = initialState(options.policy);
    this.now = options.now ?? Date.now;
    this.startedAtMs = this.now();
  }

  get desired(): number {
    return this.state.desired;
  }

  start(): void {
    const periodMs = (this.options.policy.periodSeconds / POLICY_SECONDS_PER_SECOND) * 1_000;
    this.timer ??= setInterval(() => {
      this.reading = this.reading.then(() => this.evaluate());
    }, periodMs);
  }

  /** Resolves when no worker is being started or stopped. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.isStopping = true;
    await this.reading;
    await this.scaling;
  }

  policySeconds(atMs: number): number {
    return ((atMs - this.startedAtMs) / 1_000) * POLICY_SECONDS_PER_SECOND;
  }

  /** One period: reads the queue, decides, and begins to start or stop workers. */
  async evaluate(): Promise<void> {
    if (this.isStopping) return;
    const { policy, workersRunning, onSample } = this.options;
    const datapoint = await this.measure();
    const atSeconds = this.policySeconds(this.now());
    const decision = evaluatePolicy(policy, this.state, datapoint, atSeconds, AUTOSCALER);
    this.state = decision;
    const { doneRows, alive } = this;
    onSample(
      {
        atSeconds,
        backlogRows: datapoint?.backlogRows ?? null,
        doneRows,
        desired: decision.desired,
        running: workersRunning(),
        alive,
      },
      decision,
    );
    this.applyDecision();
  }

  /** Null when the queue does not respond, which the policy treats as a missing datapoint. */
  private async measure(): Promise<Datapoint | null> {
    const { client, acceptedRows, workersRunning, policy } = this.options;
    this.alive = null;
    try {
      const { queues, as_of, workers_alive } = await client.queue({ signal: AbortSignal.timeout(1_000) });
      const shards = queues.find(({ name }) => name === 'shards');
      if (shards === undefined) return null;
      this.alive = workers_alive;
      const doneBefore = this.doneRows;
      // The API reports the throughput of the last minute, which here is an hour.
      this.doneRows = Math.max(doneBefore, acceptedRows(Date.parse(as_of)) - shards.backlog_rows);
      return {
        backlogRows: shards.backlog_rows,
        oldestJobAgeSeconds: shards.oldest_job_age_seconds * POLICY_SECONDS_PER_SECOND,
        rowsPerSecond: (this.doneRows - doneBefore) / policy.periodSeconds,
        workersRunning: workersRunning(),
      };
    } catch (error) {
      this.options.onError(error);
      return null;
    }
  }

  /** One change at a time; a decision made meanwhile is applied afterwards. */
  private applyDecision(): void {
    const { workersRunning, scale, onError } = this.options;
    if (this.scaling !== undefined || workersRunning() === this.desired) return;
    this.scaling = scale(this.desired)
      .catch(onError)
      .then(() => (this.scaling = undefined));
  }
}
