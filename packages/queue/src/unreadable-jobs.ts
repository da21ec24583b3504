import type { Redis } from 'ioredis';
import { jobKey, queueKey } from './bullmq-keys';
import type { QueueName } from './names';

/** Parsed by BullMQ (version 6) before it hands a job out; each has a default. */
const PARSED_FIELDS = ['opts', 'parent', 'progress'] as const;

/**
 * Removes options that are no JSON from the jobs of a queue that are being handed out. BullMQ cannot hand such a job out, nor give it
 * up; without them it comes up again when its lock has run out, and is judged by its payload.
 */
export async function dropUnreadableOptions(redis: Redis, queue: QueueName): Promise<void> {
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
