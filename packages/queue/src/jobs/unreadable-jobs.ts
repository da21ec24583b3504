import type { Redis } from 'ioredis';
import { jobKey, queueKey } from './bullmq-keys';
import type { QueueName } from './job-types';

/** Parsed by BullMQ (version 6) before it hands a job out or lists it; each has a default. */
const PARSED_FIELDS = ['data', 'opts', 'parent', 'progress'] as const;

/**
 * Removes what is no JSON from the jobs of a queue that are being handed out. BullMQ cannot hand out, give up or list such a job;
 * without its options it comes up again when its lock has run out, and without a payload it is refused.
 */
export async function dropUnreadableFields(redis: Redis, queue: QueueName): Promise<void> {
  for (const id of await redis.lrange(`${queueKey(queue)}:active`, 0, -1)) {
    const texts = await redis.hmget(jobKey(queue, id), ...PARSED_FIELDS);
    const unreadable = PARSED_FIELDS.filter((_, index) => !isReadable(texts[index] ?? ''));
    if (unreadable.length > 0) await redis.hdel(jobKey(queue, id), ...unreadable);
  }
}

function isReadable(text: string): boolean {
  if (text === '') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
