import type { FaultStack } from './fault-stack';
import { waitUntil } from './wait-until';

/**
 * Kills the API during an outage and waits until ready.json names the next one, which means that the stack counts it as
 * up: it kills those that are not up within a minute. Then ends the outage and waits until a record is accepted.
 * @returns the statuses of liveness and readiness during the outage
 */
export async function killApiInOutage(
  faults: FaultStack,
  { fail, end }: { fail: () => unknown; end: () => unknown },
): Promise<number[]> {
  const killed = faults.ready.pids.api;
  fail();
  process.kill(killed, 'SIGKILL');
  await waitUntil('ready.json names another API', () => faults.ready.pids.api !== killed);
  const [live, ready] = await Promise.all([faults.client.get('/health/live'), faults.client.get('/health/ready')]);
  end();
  await waitUntil('a record is accepted', async () => (await faults.predict()).status === 202);
  return [live.status, ready.status];
}
