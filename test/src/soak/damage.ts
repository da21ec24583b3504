import { strict as assert } from 'node:assert';
import { REDIS_PREFIX, queueNames } from '@cytoqueue/queue';
import { ObjectKeys } from '@cytoqueue/records';
import { setTimeout as sleep } from 'node:timers/promises';
import { finish } from '../support/batches';
import type { ContractResponse } from '../support/contract-client';
import type { FakeClock } from '../support/fake-clock';
import type { FaultStack } from '../support/fault-stack';
import type { TcpProxy } from '../support/tcp-proxy';
import type { Sampler } from './sampler';

export interface SoakEnvironment {
  readonly faults: FaultStack;
  readonly sampler: Sampler;
  readonly random: () => number;
  /** Undefined where the clock cannot be set. */
  readonly clock: FakeClock | undefined;
  /** Between the clients and the API. */
  readonly apiProxy: TcpProxy;
  /** A small disk with the store and DATA_DIR; undefined where it cannot be mounted. */
  readonly disk: string | undefined;
}

/*
 * Damage that stops no process: Redis loses keys, objects are overwritten, responses are cut off. The damaged batches
 * are separate, so the concurrent load must not be affected.
 */

const RETRY_MS = 1_000;
const LOST_SHARE = 0.25;
const TRUNCATED_MS = 10_000;
const MAX_ANSWER_BYTES = 600;

/**
 * Deletes a quarter of what BullMQ keeps: jobs, dependencies, places in lists, locks. Finished jobs whose list is lost
 * stay until Redis is emptied: keys rise by a step at each loss, so that slopes are measured between losses.
 */
export async function losePartOfRedis({ faults, random, sampler }: SoakEnvironment): Promise<void> {
  await faults.inRedis(async (redis) => {
    const keys = (
      await Promise.all(Object.values(queueNames).map((queue) => redis.keys(`${REDIS_PREFIX}:${queue}:*`)))
    ).flat();
    // `meta` holds a queue's settings, not its work.
    const lost = keys.filter((key) => !key.endsWith(':meta') && random() < LOST_SHARE);
    if (lost.length > 0) await redis.del(...lost);
  });
  sampler.redisRestarted();
}

/** Flips a bit of a shard's object before the batch is finalized; the results must still be correct. */
export async function damageShardObject({ faults, random }: SoakEnvironment): Promise<void> {
  const hold = faults.hold(/\/shards\/(?!00000)/);
  try {
    const id = await waitUntilAccepted(faults);
    await faults.untilScored(id, 1);
    const [key] = await faults.shardObjects(id);
    const bytes = Buffer.from(await faults.store.get(key as string));
    const at = Math.floor(random() * bytes.length);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
    await faults.store.put(key as string, bytes);
    hold.open();
    await faults.expectComplete(id);
    await remove(faults, id);
  } finally {
    hold.open();
  }
}

/** Truncates `batch.json` of a finished batch: only this batch is shown as failed, and it can be deleted. */
export async function damageDocument({ faults, random }: SoakEnvironment): Promise<void> {
  const id = await waitUntilAccepted(faults);
  await finish(faults.client, id);
  const key = ObjectKeys.batchDocument('local', id);
  const bytes = await faults.store.get(key);
  await faults.store.put(key, bytes.subarray(0, Math.floor(random() * bytes.length)));
  const { status, json } = await faults.client.get('/v1/batches?limit=100');
  assert.equal(status, 200, 'the list is answered');
  const shown = (json.data as { id: string; status: string }[]).find((batch) => batch.id === id);
  assert.equal(shown?.status, 'failed', 'the damaged batch is shown as failed');
  await remove(faults, id);
}

/** Cuts half of the API's responses off after some bytes, for ten seconds; clients repeat with the same key. */
export async function truncateAnswers({ apiProxy, random }: SoakEnvironment): Promise<void> {
  apiProxy.intercept(() => (random() < 0.5 ? { cutAfterBytes: Math.ceil(random() * MAX_ANSWER_BYTES) } : 'pass'));
  await sleep(TRUNCATED_MS);
  apiProxy.restore();
}

async function waitUntilAccepted(faults: FaultStack): Promise<string> {
  return (await waitUntilAnswered(() => faults.post(), 202)).json.id as string;
}

async function remove(faults: FaultStack, id: string): Promise<void> {
  await waitUntilAnswered(() => faults.client.call('delete', `/v1/batches/${id}`), 204);
}

/** The stack may still be recovering from the previous fault. */
async function waitUntilAnswered(send: () => Promise<ContractResponse>, status: number): Promise<ContractResponse> {
  for (;;) {
    const answer = await send().catch(() => undefined);
    if (answer?.status === status) return answer;
    await sleep(RETRY_MS);
  }
}
