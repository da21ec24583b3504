import type { Redis } from 'ioredis';
import { jobKey, queueKey } from './bullmq-keys';
import { type QueueName, jobIds, queueNames } from './job-types';
import { asQueueUnavailable } from '../redis/errors';

/** Children that one script looks at, so that no script holds up other clients. */
const CHILDREN_PAGE_SIZE = 100;

/**
 * Finds jobs that no worker will run to their end: the job's hash is incomplete, or it stands in none of the places from
 * which workers take jobs. A locked job is being run; if its entry is lost, the job is found here when the lock has expired.
 * With a parent (ARGV[1], its key) only jobs that the parent still waits for are looked at, and they must name that parent.
 */
const FIND_LOST_SCRIPT = `
local queue, parent, lost = KEYS[1], ARGV[1], {}
local function isWhole(key)
  local facts = redis.call('HMGET', key, 'data', 'opts', 'parentKey')
  if not facts[1] or not facts[2] then return false end
  return pcall(cjson.decode, facts[1]) and pcall(cjson.decode, facts[2]) and (parent == '' or facts[3] == parent)
end
local function isPlaced(id)
  return redis.call('ZSCORE', queue .. ':prioritized', id) or redis.call('ZSCORE', queue .. ':delayed', id)
    or redis.call('LPOS', queue .. ':active', id) or redis.call('LPOS', queue .. ':wait', id)
    or redis.call('EXISTS', queue .. ':' .. id .. ':lock') == 1
end
for i = 2, #ARGV do
  local key = queue .. ':' .. ARGV[i]
  local isAwaited = parent == '' or redis.call('SISMEMBER', parent .. ':dependencies', key) == 1
  if isAwaited and not (isWhole(key) and isPlaced(ARGV[i])) then lost[#lost + 1] = ARGV[i] end
end
return lost`;

/** Whether the job will be run to its end by the workers there are, if they take what is queued. @throws QueueUnavailableError */
export async function canJobFinish(redis: Redis, queue: QueueName, jobId: string): Promise<boolean> {
  return (await findLostJobs(redis, queue, '', [jobId])).length === 0;
}

/**
 * Whether the run will come to its end by what is in Redis. Asks more than whether its job exists: the finalizer must be
 * queued, or wait for children of which each one can itself finish.
 * @throws QueueUnavailableError
 */
export async function canRunFinish(redis: Redis, batchId: string, run: number): Promise<boolean> {
  const id = jobIds.finalize(batchId, run);
  const parent = jobKey(queueNames.finalize, id);
  const waiting = asQueueUnavailable(redis.zscore(`${queueKey(queueNames.finalize)}:waiting-children`, id));
  if ((await waiting) === null) return canJobFinish(redis, queueNames.finalize, id);
  const [data, opts] = await asQueueUnavailable(redis.hmget(parent, 'data', 'opts'));
  if (!isJson(data) || !isJson(opts)) return false;
  const children = await asQueueUnavailable(redis.smembers(`${parent}:dependencies`));
  // The last child may have ended since: then the finalizer has left this state.
  if (children.length === 0)
    return (await asQueueUnavailable(redis.zscore(`${queueKey(queueNames.finalize)}:waiting-children`, id))) === null;
  const start = `${queueKey(queueNames.shards)}:`;
  if (!children.every((key) => key.startsWith(start))) return false;
  return (
    (
      await findLostJobs(
        redis,
        queueNames.shards,
        parent,
        children.map((key) => key.slice(start.length)),
      )
    ).length === 0
  );
}

async function findLostJobs(redis: Redis, queue: QueueName, parent: string, ids: readonly string[]): Promise<string[]> {
  const lost: string[] = [];
  for (let start = 0; start < ids.length; start += CHILDREN_PAGE_SIZE) {
    const some = ids.slice(start, start + CHILDREN_PAGE_SIZE);
    lost.push(
      ...((await asQueueUnavailable(redis.eval(FIND_LOST_SCRIPT, 1, queueKey(queue), parent, ...some))) as string[]),
    );
  }
  return lost;
}

function isJson(text: string | null | undefined): boolean {
  if (typeof text !== 'string') return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
