import type { Redis } from 'ioredis';
import { jobKey, queueKey, queuePart } from './bullmq-keys';
import type { QueueName } from './job-types';

/** Fields that BullMQ parses before it delivers or lists a job. Each has a default. */
const PARSED_FIELDS = ['data', 'opts', 'parent', 'progress'] as const;

/**
 * Removes fields that are not JSON from the active jobs of a queue. BullMQ can neither deliver, fail nor list such a job. After
 * the removal the job is redelivered when its lock expires; workers refuse a job without a payload.
 */
export async function dropUnreadableFields(redis: Redis, queue: QueueName): Promise<void> {
  for (const id of await redis.lrange(`${queueKey(queue)}${queuePart.active}`, 0, -1)) {
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
