import type { Redis } from 'ioredis';
import { RedisProcess } from '../../../../test/src/support/redis-process';
import { waitUntil } from '../../../../test/src/support/wait-until';
import { createProducerConnection } from './connection';
import { runWithLease } from './run-with-lease';
import { tryAcquireLease } from './lease';

let redis: RedisProcess;
let connection: Redis;

beforeAll(async () => {
  redis = await RedisProcess.start();
  connection = createProducerConnection(redis.url, () => undefined);
  await waitUntil('Redis is ready', () => connection.status === 'ready');
});

afterEach(() => connection.flushall());

afterAll(async () => {
  connection?.disconnect();
  await redis?.down();
});

const KEY = 'cytoqueue:turn:pass';
/** Renewed after a third, and by a busy process later. */
const MS = 2_000;

/** Holds the lease until `release` is called. */
function hold(): { ended: Promise<boolean>; release: () => void; signal: () => AbortSignal | undefined } {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let given: AbortSignal | undefined;
  const ended = runWithLease(connection, 'pass', MS, (signal) => {
    given = signal;
    return released;
  });
  return { ended, release, signal: () => given };
}

test('work that takes longer than the lease does not run twice, and tryAcquireLease excludes it', async () => {
  const { ended, release } = hold();
  await waitUntil('the lease is held', async () => (await connection.exists(KEY)) === 1);
  let renewals = 0;
  let leftMs = await connection.pttl(KEY);
  await waitUntil('the lease was renewed for longer than it lasts', async () => {
    const now = await connection.pttl(KEY);
    if (now > leftMs) renewals++;
    leftMs = now;
    return renewals > 3;
  });
  const ran: string[] = [];
  expect(await runWithLease(connection, 'pass', MS, async () => void ran.push('twice'))).toBe(false);
  expect(await tryAcquireLease(connection, 'pass', MS)).toBe(false);
  release();
  expect(await ended).toBe(true);
  expect(ran).toEqual([]);
  await waitUntil('the next caller acquires the lease', () =>
    runWithLease(connection, 'pass', MS, async () => void ran.push('next')),
  );
});

test('a lease lost by Redis is acquired again; a lease taken by another process aborts the work', async () => {
  const { ended, release, signal } = hold();
  await waitUntil('the lease is held', async () => (await connection.exists(KEY)) === 1);
  await connection.flushall();
  await waitUntil('the lease is held again', async () => (await connection.exists(KEY)) === 1);
  expect(signal()?.aborted).toBe(false);
  await connection.set(KEY, 'other process');
  await waitUntil('the signal is aborted', () => signal()?.aborted === true);
  release();
  expect(await ended).toBe(true);
  expect(await connection.get(KEY)).toBe('other process');
});

test('after failed work the lease expires', async () => {
  await expect(runWithLease(connection, 'pass', MS, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await waitUntil('the next caller acquires the lease', () =>
    runWithLease(connection, 'pass', MS, async () => undefined),
  );
});

test.each<[string, () => Promise<unknown>]>([
  ['has another type', () => connection.lpush(KEY, 'x')],
  ['never expires', () => connection.set(KEY, 'x')],
  ["expires much later, because Redis's clock was set back", () => connection.set(KEY, 'x', 'PX', 3_600_000)],
])('a key that %s is no lease', async (_, damage) => {
  await damage();
  expect(await tryAcquireLease(connection, 'pass', MS)).toBe(true);
  expect(await tryAcquireLease(connection, 'pass', MS)).toBe(false);
  await damage().catch(() => connection.del(KEY).then(damage));
  let runs = 0;
  expect(await runWithLease(connection, 'pass', MS, async () => void runs++)).toBe(true);
  expect(runs).toBe(1);
});
