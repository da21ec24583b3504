import type { Redis } from 'ioredis';
import { jobKey, jobPart, queueKey, queuePart } from './bullmq-keys';
import { type QueueName, jobIds, queueNames } from './job-types';
import { asQueueUnavailable } from '../redis/errors';

/** Children per script: a long script would block other clients. */
const CHILDREN_PAGE_SIZE = 100;

/**
 * Finds lost jobs, which no worker will finish: the job's hash is incomplete, or the job is in no list that workers take from.
 * A locked job is active; if its list entry is lost, it counts as lost when the lock has expired. With a parent (ARGV[1], its
 * key) checks only jobs that the parent still waits for, and these must name that parent.
 */
const FIND_LOST_SCRIPT = `
local queue, parent, lost = KEYS[1], ARGV[1], {}
local function isComplete(key)
  local fields = redis.call('HMGET', key, 'data', 'opts', 'parentKey')
  if not fields[1] or not fields[2] then return false end
  return pcall(cjson.decode, fields[1]) and pcall(cjson.decode, fields[2]) and (parent == '' or fields[3] == parent)
end
local function isQueued(id)
  return redis.call('ZSCORE', queue .. '${queuePart.prioritized}', id) or redis.call('ZSCORE', queue .. '${queuePart.delayed}', id)
    or redis.call('LPOS', queue .. '${queuePart.active}', id) or redis.call('LPOS', queue .. '${queuePart.wait}', id)
    or redis.call('EXISTS', queue .. ':' .. id .. '${jobPart.lock}') == 1
end
for i = 2, #ARGV do
  local key = queue .. ':' .. ARGV[i]
  local isAwaited = parent == '' or redis.call('SISMEMBER', parent .. '${jobPart.dependencies}', key) == 1
  if isAwaited and not (isComplete(key) and isQueued(ARGV[i])) then lost[#lost + 1] = ARGV[i] end
end
return lost`;

/** Whether Redis holds everything a worker needs to run the job. @throws QueueUnavailableError */
export async function canJobFinish(redis: Redis, queue: QueueName, jobId: string): Promise<boolean> {
  return (await findLostJobs(redis, queue, '', [jobId])).length === 0;
}

/**
 * Whether Redis holds everything needed to finish the run: the finalizer is queued, or it waits for children that can all
 * finish.
 * @throws QueueUnavailableError
 */
export async function canRunFinish(redis: Redis, batchId: string, run: number): Promise<boolean> {
  const id = jobIds.finalize(batchId, run);
  const parent = jobKey(queueNames.finalize, id);
  if (!(await isWaitingForChildren(redis, id))) return canJobFinish(redis, queueNames.finalize, id);
  const [data, opts] = await asQueueUnavailable(redis.hmget(parent, 'data', 'opts'));
  if (!isJson(data) || !isJson(opts)) return false;
  const children = await asQueueUnavailable(redis.smembers(`${parent}${jobPart.dependencies}`));
  // The last child may have ended meanwhile; then the finalizer no longer waits.
  if (children.length === 0) return !(await isWaitingForChildren(redis, id));
  const start = `${queueKey(queueNames.shards)}:`;
  if (!children.every((key) => key.startsWith(start))) return false;
  const shardJobs = children.map((key) => key.slice(start.length));
  return (await findLostJobs(redis, queueNames.shards, parent, shardJobs)).length === 0;
}

async function isWaitingForChildren(redis: Redis, finalizerId: string): Promise<boolean> {
  const waitingChildren = `${queueKey(queueNames.finalize)}${queuePart.waitingChildren}`;
  return (await asQueueUnavailable(redis.zscore(waitingChildren, finalizerId))) !== null;
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
