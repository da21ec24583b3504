import { quantile } from '../bench/statistics';
import { type Cost, costOf } from './prices';
import type { Scenario } from './scenario';
import type { SimulationResult } from './simulation';

/** Maximum time after the last row. */
const MAX_SCALE_IN_SECONDS = 20 * 60;
/** Maximum 99th percentile of a record's latency. */
const MAX_CLINICIAN_SECONDS = 1;
const MAX_CHANGES_PER_STEP = 2;
/** Allows for the start of new tasks and several retries to stop protected ones. */
const MAX_DEPLOYMENT_SECONDS = 5 * 60;

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly observed: string;
}

/** Conditions that every scenario must meet. */
export function checkResult(result: SimulationResult): Check[] {
  const { scenario, arrivedRows, doneRows } = result;
  const { minWorkers, maxWorkers } = scenario.config.policy;
  const directionChanges = countDirectionChanges(result);
  const gapSeconds = Math.max(0, metricsGapEnd(scenario) - result.drainedAtSeconds);
  const cost = costOf(result, MAX_SCALE_IN_SECONDS + gapSeconds);
  const p99 = clinicianP99(result);
  const scaleInDelay = scaleInSeconds(result);
  return [
    check(
      'every row done once',
      doneRows === arrivedRows,
      `${doneRows.toLocaleString('en')} of ${arrivedRows.toLocaleString('en')}`,
    ),
    check('within bounds', isWithinBounds(result), `${minWorkers} to ${maxWorkers}, at most ${result.peakTasks} tasks`),
    check(
      'at most two direction changes a load step',
      directionChanges <= MAX_CHANGES_PER_STEP * scenario.loadSteps,
      `${directionChanges} in ${scenario.loadSteps}`,
    ),
    check(
      'back at the minimum 20 minutes after the drain',
      scaleInDelay <= MAX_SCALE_IN_SECONDS,
      `${Math.round(scaleInDelay / 6) / 10} min`,
    ),
    check(
      'clinician p99 held',
      p99 === null || p99 <= MAX_CLINICIAN_SECONDS,
      p99 === null ? 'no records' : `${Math.round(p99 * 1_000)} ms`,
    ),
    check('cost within the work and the wait', cost.dollars <= cost.boundDollars, formatCost(cost)),
    ...result.deploymentSeconds.map((seconds) =>
      check('deployed within five minutes', seconds <= MAX_DEPLOYMENT_SECONDS, `${Math.round(seconds)} s`),
    ),
  ];
}

/** Counts changes of direction of the desired number, the first change included. */
export function countDirectionChanges({ changes }: Pick<SimulationResult, 'changes'>): number {
  const directions = changes.map(({ from, to }) => Math.sign(to - from));
  return directions.filter((direction, index) => direction !== directions[index - 1]).length;
}

export function clinicianP99({ clinicianLatencies }: SimulationResult): number | null {
  return clinicianLatencies.length === 0 ? null : quantile(clinicianLatencies, 0.99);
}

/**
 * Time from the last row until the desired number stayed at the minimum. Without datapoints nothing may be removed, so
 * the time starts after a gap in the metrics.
 */
export function scaleInSeconds({ scenario, changes, drainedAtSeconds }: SimulationResult): number {
  const last = changes.at(-1);
  if (last === undefined) return 0;
  if (last.to !== scenario.config.policy.minWorkers) return Infinity;
  return Math.max(0, last.atSeconds - Math.max(drainedAtSeconds, metricsGapEnd(scenario)));
}

/** End of the last gap in the metrics. */
function metricsGapEnd({ incidents }: Scenario): number {
  return Math.max(0, ...incidents.map((incident) => (incident.kind === 'no metrics' ? incident.untilSeconds : 0)));
}

function isWithinBounds({ scenario, changes, peakTasks: mostTasks }: SimulationResult): boolean {
  const { minWorkers, maxWorkers } = scenario.config.policy;
  return mostTasks <= maxWorkers && changes.every(({ to }) => to >= minWorkers && to <= maxWorkers);
}

function formatCost({ dollars, floorDollars, boundDollars }: Cost): string {
  return `$${dollars.toFixed(2)}, of it ${floorDollars.toFixed(2)} for the minimum; at most ${boundDollars.toFixed(2)}`;
}

function check(name: string, passed: boolean, observed: string): Check {
  return { name, passed, observed };
}
