import { createRandom } from '@cytoqueue/classifier';
import { type Datapoint, type Decision, type ScalerState, evaluatePolicy, initialState } from '@cytoqueue/scaling';
import { quantile } from '../bench/statistics';
import { RecordTraffic } from './record-traffic';
import { EventQueue } from './event-queue';
import { Fleet } from './fleet';
import { uniform } from './random';
import type { Incident, Scenario } from './scenario';
import { ShardQueue } from './shard-queue';

/** State at one moment, or over the period before it. */
export interface Sample {
  readonly atSeconds: number;
  readonly backlogRows: number;
  readonly desired: number;
  readonly running: number;
  readonly oldestAgeSeconds: number;
  /** Latency of records answered since the last sample; null when there were none. */
  readonly clinicianP99Seconds: number | null;
}

export interface SimulationResult {
  readonly scenario: Scenario;
  readonly samples: readonly Sample[];
  readonly changes: readonly {
    readonly atSeconds: number;
    readonly from: number;
    readonly to: number;
    readonly reason: Decision['reason'];
  }[];
  readonly arrivedRows: number;
  readonly doneRows: number;
  /** Time when the last row was finished. */
  readonly drainedAtSeconds: number;
  readonly endSeconds: number;
  /** Peak number of starting and running workers. */
  readonly peakTasks: number;
  readonly taskSeconds: number;
  readonly clinicianLatencies: readonly number[];
  /** Duration of each deployment; Infinity when it did not end. */
  readonly deploymentSeconds: readonly number[];
}

/** Simulated time after the last row: longer than the policy may take to return to its minimum. */
const OBSERVED_AFTER_SECONDS = 25 * 60;
/** Ends runs of a policy that never returns to its minimum. */
const MAX_SECONDS = 48 * 3_600;

export function simulate(scenario: Scenario): SimulationResult {
  return new Simulation(scenario).run();
}

class Simulation {
  private readonly events = new EventQueue();
  private readonly queue = new ShardQueue();
  private readonly random;
  private readonly fleet;
  private readonly recordTraffic;
  private state: ScalerState;
  private readonly samples: Sample[] = [];
  private readonly changes: { atSeconds: number; from: number; to: number; reason: Decision['reason'] }[] = [];
  private doneBefore = 0;
  private lastSeenSeconds = 0;
  private peakTasks = 0;

  constructor(private readonly scenario: Scenario) {
    const { config: world } = scenario;
    this.random = createRandom(world.seed);
    this.fleet = new Fleet(world, this.events, this.queue, this.random);
    // A separate random stream, so that record traffic does not change the other random numbers.
    this.recordTraffic = new RecordTraffic(world, this.events, this.fleet, createRandom(world.seed + 1));
    this.state = initialState(world.policy);
  }

  run(): SimulationResult {
    const { scenario } = this;
    this.fleet.start(this.state.desired);
    this.recordTraffic.start();
    for (const { atSeconds, rows } of scenario.batches) this.events.at(atSeconds, () => this.enqueueBatch(rows));
    for (const incident of scenario.incidents) this.events.at(incident.atSeconds, () => this.applyIncident(incident));
    this.nextPeriod();
    const lastAtSeconds = lastEventSeconds(scenario);
    this.events.runUntil(
      (next) =>
        next > MAX_SECONDS ||
        (this.queue.backlogRows === 0 &&
          next > Math.max(this.queue.drainedAtSeconds, lastAtSeconds) + OBSERVED_AFTER_SECONDS),
    );
    return {
      scenario,
      samples: this.samples,
      changes: this.changes,
      arrivedRows: scenario.batches.reduce((sum, { rows }) => sum + rows, 0),
      doneRows: this.queue.doneRows,
      drainedAtSeconds: this.queue.drainedAtSeconds,
      endSeconds: this.events.nowSeconds,
      peakTasks: this.peakTasks,
      taskSeconds: this.fleet.taskSeconds,
      clinicianLatencies: this.recordTraffic.latencies,
      deploymentSeconds: this.fleet.deploymentSeconds,
    };
  }

  private enqueueBatch(rows: number): void {
    this.queue.add(rows, this.scenario.config.shardRows, this.events.nowSeconds);
    this.fleet.assignShards();
  }

  private applyIncident(incident: Incident): void {
    if (incident.kind === 'kill') this.fleet.kill(incident.workers);
    if (incident.kind === 'deployment') this.fleet.deploy();
    if (incident.kind === 'interruption') this.fleet.interrupt(incident.workers, incident.startSeconds);
  }

  private nextPeriod(): void {
    const { policy, lagSeconds } = this.scenario.config;
    this.events.after(policy.periodSeconds, () => {
      const datapoint = this.measure();
      const seenAtSeconds = this.events.nowSeconds + uniform(this.random, lagSeconds);
      // Datapoints arrive in order.
      this.lastSeenSeconds = Math.max(seenAtSeconds, this.lastSeenSeconds);
      this.events.at(this.lastSeenSeconds, () => this.evaluate(datapoint));
      this.nextPeriod();
    });
  }

  private measure(): Datapoint | null {
    const { events, queue, fleet, scenario } = this;
    const { backlogRows, doneRows } = queue;
    const running = fleet.running.length;
    const oldestJobAgeSeconds = queue.oldestAgeSeconds(events.nowSeconds);
    const rowsPerSecond = (doneRows - this.doneBefore) / scenario.config.policy.periodSeconds;
    this.doneBefore = doneRows;
    const latencies = this.recordTraffic.takeLatencies();
    const clinicianP99Seconds = latencies.length === 0 ? null : quantile(latencies, 0.99);
    this.samples.push({
      atSeconds: events.nowSeconds,
      backlogRows,
      desired: fleet.desired,
      running,
      oldestAgeSeconds: oldestJobAgeSeconds,
      clinicianP99Seconds,
    });
    const isUnseen = scenario.incidents.some(
      (incident) =>
        incident.kind === 'no metrics' &&
        events.nowSeconds >= incident.atSeconds &&
        events.nowSeconds < incident.untilSeconds,
    );
    return isUnseen ? null : { backlogRows, oldestJobAgeSeconds, rowsPerSecond, workersRunning: running };
  }

  private evaluate(datapoint: Datapoint | null): void {
    const { policy, autoscaler } = this.scenario.config;
    const before = this.state.desired;
    const decision = evaluatePolicy(policy, this.state, datapoint, this.events.nowSeconds, autoscaler);
    this.state = decision;
    if (decision.desired !== before) {
      this.changes.push({
        atSeconds: this.events.nowSeconds,
        from: before,
        to: decision.desired,
        reason: decision.reason,
      });
      this.fleet.setDesired(decision.desired);
    }
    this.peakTasks = Math.max(this.peakTasks, this.fleet.planned);
  }
}

function lastEventSeconds({ batches, incidents }: Scenario): number {
  const ends = incidents.map((incident) =>
    incident.kind === 'no metrics' ? incident.untilSeconds : incident.atSeconds,
  );
  return batches.reduce((last, { atSeconds }) => Math.max(last, atSeconds), Math.max(0, ...ends));
}
