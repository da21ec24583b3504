import { PostponeError } from '@cytoqueue/queue';
import { StoreUnavailableError } from '@cytoqueue/storage';
import { leastPostponedMs, toJobError } from './errors';

const DAY_MS = 24 * 3_600_000;
const outage = new StoreUnavailableError('away');

test.each([
  ['a new job', 0, 1, true],
  ['a job that has waited for days in a paused queue', 3 * DAY_MS, 1, true],
  ['a job that was postponed for more than a day', 3 * DAY_MS, DAY_MS / 1_000, false],
])('an outage of the store postpones %s: %i ms old, started %i times: %p', (_, ageMs, starts, isPostponed) => {
  expect(toJobError(outage, leastPostponedMs(ageMs, starts)) instanceof PostponeError).toBe(isPostponed);
});
