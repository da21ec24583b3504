import { quantile } from '../bench/figures';
import { type Cost, costOf } from './prices';
import type { Scenario } from './scenario';
import type { Outcome } from './simulation';

/** After the last row. */
export const BACK_WITHIN_SECONDS = 20 * 60;
/** A clinician's answer, the 99th of a hundred. */
const CLINICIAN_SECONDS = 1;
const CHANGES_PER_STEP = 2;
/** Start of the new tasks, and some turns for old ones that were protected. */
const DEPLOYED_WITHIN_SECONDS = 5 * 60;

export interface Check {
  readonly name: string;
  readonly holds: boolean;
  readonly found: string;
}

/** What every scenario must show. */
export function checkOutcome(outcome: Outcome): Check[] {
  const { scenario, arrivedRows, doneRows } = outcome;
  const { minWorkers, maxWorkers } = scenario.world.policy;
  const turns = countTurns(outcome);
  const unseen = Math.max(0, unseenUntilSeconds(scenario) - outcome.drainedAtSeconds);
  const cost = costOf(outcome, BACK_WITHIN_SECONDS + unseen);
  const p99 = clinicianP99(outcome);
  const back = backAfterSeconds(outcome);
  return [
    check('every row done once', doneRows === arrivedRows, `${doneRows.toLocaleString('en')} of ${arrivedRows.toLocaleString('en')}`),
    check('within bounds', isWithinBounds(outcome), `${minWorkers} to ${maxWorkers}, at most ${outcome.mostTasks} tasks`),
    check('at most two direction changes a load step', turns <= CHANGES_PER_STEP * scenario.loadSteps, `${turns} in ${scenario.loadSteps}`),
    check('back at the minimum 20 minutes after the drain', back <= BACK_WITHIN_SECONDS, `${Math.round(back / 6) / 10} min`),
    check('clinician p99 held', p99 === null || p99 <= CLINICIAN_SECONDS, p99 === null ? 'no records' : `${Math.round(p99 * 1_000)} ms`),
    check('cost within the work and the wait', cost.dollars <= cost.boundDollars, describeCost(cost)),
    ...outcome.deploymentSeconds.map((seconds) => check('deployed within five minutes', seconds <= DEPLOYED_WITHIN_SECONDS, `${Math.round(seconds)} s`)),
  ];
}

/** How often the desired number turns: the first change counts, and each one the other way. */
export function countTurns({ changes }: Pick<Outcome, 'changes'>): number {
  const directions = changes.map(({ from, to }) => Math.sign(to - from));
  return directions.filter((direction, index) => direction !== directions[index - 1]).length;
}

export function clinicianP99({ clinicianLatencies }: Outcome): number | null {
  return clinicianLatencies.length === 0 ? null : quantile(clinicianLatencies, 0.99);
}

/** From the last row until the desired number was, and stayed, the minimum. While no datapoint comes in, nothing may be taken away: the time begins after that. */
export function backAfterSeconds({ scenario, changes, drainedAtSeconds }: Outcome): number {
  const last = changes.at(-1);
  if (last === undefined) return 0;
  if (last.to !== scenario.world.policy.minWorkers) return Infinity;
  return Math.max(0, last.atSeconds - Math.max(drainedAtSeconds, unseenUntilSeconds(scenario)));
}

/** When the last gap in the metrics ended. */
export function unseenUntilSeconds({ incidents }: Scenario): number {
  return Math.max(0, ...incidents.map((incident) => (incident.kind === 'no metrics' ? incident.untilSeconds : 0)));
}

function isWithinBounds({ scenario, changes, mostTasks }: Outcome): boolean {
  const { minWorkers, maxWorkers } = scenario.world.policy;
  return mostTasks <= maxWorkers && changes.every(({ to }) => to >= minWorkers && to <= maxWorkers);
}

function describeCost({ dollars, floorDollars, boundDollars }: Cost): string {
  return `$${dollars.toFixed(2)}, of it ${floorDollars.toFixed(2)} for the minimum; at most ${boundDollars.toFixed(2)}`;
}

function check(name: string, holds: boolean, found: string): Check {
  return { name, holds, found };
}
