import { JobProducer, REDIS_PREFIX, createWorkerConnection, queueNames } from '@cytoqueue/queue';
import type { Redis } from 'ioredis';

/** Makes delayed jobs due. */
export async function passDelays(redisUrl: string): Promise<void> {
  const connection = createWorkerConnection(redisUrl, () => undefined);
  const producer = new JobProducer(connection, () => undefined);
  try {
    // For a clock that is decades behind, every delay is too long and counts as skewed.
    await producer.promoteSkewedDelays(0);
  } finally {
    await producer.stop();
    connection.disconnect();
  }
}

/** Expires the current locks, as if a minute had passed since their renewal. */
export async function passLockTime(redis: Redis): Promise<void> {
  for (const queue of Object.values(queueNames)) {
    const key = `${REDIS_PREFIX}:${queue}`;
    const active = await redis.lrange(`${key}:active`, 0, -1);
    if (active.length > 0) await redis.sadd(`${key}:stalled`, ...active);
    await redis.del(`${key}:stalled-check`, ...active.map((id) => `${key}:${id}:lock`));
  }
}
