import type { FaultStack } from './fault-stack';
import { waitUntil } from './wait-until';

/** Expected from `killApiInOutage`: the API serves what it can, and is not started again because of the outage. */
export const KEPT = { live: 200, ready: 503, kept: true };

/**
 * Kills the API during an outage, waits until the stack counts the next one as up (it kills those that are not up in time),
 * ends the outage and waits until a record is accepted.
 * @returns the states of the next API during the outage, and whether it was the one that accepted the record
 */
export async function killApiInOutage(
  faults: FaultStack,
  { fail, end }: { fail: () => unknown; end: () => unknown },
): Promise<typeof KEPT> {
  const killed = faults.ready.pids.api;
  fail();
  process.kill(killed, 'SIGKILL');
  const { api } = await waitUntil('ready.json names another API', () => {
    const { pids } = faults.ready;
    return pids.api !== killed && pids;
  });
  const [live, ready] = await Promise.all([faults.client.get('/health/live'), faults.client.get('/health/ready')]);
  end();
  await waitUntil('a record is accepted', async () => (await faults.predict()).status === 202);
  return { live: live.status, ready: ready.status, kept: faults.ready.pids.api === api };
}
