/*
 * The jobs of single records. A job has one record, or a group of records of one tenant whose requests met in the same turn
 * of the event loop: BullMQ and Redis then work once per group. A group is only the fast path. A record that fails in it,
 * and every unfinished record of a redelivered group, gets a job of its own, with its own attempts.
 *
 * While a record of a group is not counted, a key holds the id of the group's job. It finds the job of a record, and
 * removing it decides which job counts the record: the group, or before a job of its own is added, that. A record counts
 * twice only if a worker whose lock has expired counts it in the moment in which another one gives it a job of its own.
 */
import { setImmediate } from 'node:timers/promises';
import type { JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import {
  CANARY_TENANT,
  MAX_GROUP_RECORDS,
  type PredictionGroupJob,
  type PredictionJob,
  type RowEvidenceJob,
  jobIds,
  jobOptions,
  queueNames,
} from './job-types';
import { groupKey, jobKey, queueKey, queuePart } from './bullmq-keys';
import { canJobFinish } from './run-health';
import { type JobState, stateOf } from './job-state';
import { asQueueUnavailable } from '../redis/errors';

/** Longer than records wait. A record without the key is enqueued by the reconciler and not found by its status. */
const GROUP_KEY_TTL_SECONDS = 7 * 86_400;
/** Jobs next in the queue whose records are counted for a position. Each job before them counts as one record. */
const COUNTED_JOBS = 1_000;

/**
 * KEYS: each record's key and that of a job of its own. ARGV: the group's job id, a time to live. A record that has a job of
 * its own, by a repeated request that was faster, is counted by that.
 */
const NAME_GROUP_SCRIPT = `
for i = 1, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[i + 1]) == 0 then redis.call('SET', KEYS[i], ARGV[1], 'EX', ARGV[2]) end
end
return 1`;

/** KEYS: `:wait`, from whose right end workers take, and `:prioritized`, which follows. ARGV: a job id, COUNTED_JOBS. */
const POSITION_SCRIPT = `
local wait, prioritized = unpack(KEYS)
local limit = tonumber(ARGV[2])
local function records(id) return tonumber(string.match(id, '^pred_%w+%.(%d+)$')) or 1 end
local function sum(ids)
  local total = 0
  for _, id in ipairs(ids) do total = total + records(id) end
  return total
end
local function waitingFrom(index)
  local counted = math.max(index, redis.call('LLEN', wait) - limit)
  return counted - index + sum(redis.call('LRANGE', wait, counted, -1))
end
local index = redis.call('LPOS', wait, ARGV[1], 'RANK', -1)
if index then return waitingFrom(index + 1) + 1 end
local rank = redis.call('ZRANK', prioritized, ARGV[1])
if not rank then return false end
local counted = math.min(rank, limit)
local before = counted > 0 and sum(redis.call('ZRANGE', prioritized, 0, counted - 1)) or 0
return waitingFrom(0) + rank - counted + before + 1`;

type SingleRecord = Pick<PredictionJob, 'tenant' | 'predictionId'>;

interface OpenGroup {
  readonly predictionIds: Set<string>;
  readonly added: Promise<void>;
}

/** Every method throws QueueUnavailableError when a command fails. */
export class PredictionQueue {
  /** Groups that this turn's records join, by tenant. */
  private readonly openGroups = new Map<string, OpenGroup>();

  constructor(
    private readonly connection: Redis,
    private readonly queue: Queue<PredictionJob | PredictionGroupJob | RowEvidenceJob>,
  ) {}

  /** Enqueues a record for the first time. */
  async add({ tenant, predictionId }: SingleRecord): Promise<void> {
    // The canary's records are not counted, so nothing would remove their keys.
    if (tenant === CANARY_TENANT) return this.addAlone({ tenant, predictionId });
    const group = this.openGroups.get(tenant) ?? this.openGroup(tenant);
    group.predictionIds.add(predictionId);
    if (group.predictionIds.size === MAX_GROUP_RECORDS) this.openGroups.delete(tenant);
    await group.added;
  }

  /** Enqueues a record whose job was lost or ended without a completion, by itself. */
  async addAgain({ tenant, predictionId }: SingleRecord): Promise<void> {
    await asQueueUnavailable(this.queue.remove(jobIds.prediction(predictionId)));
    await this.forgetGroup([predictionId]);
    await this.addAlone({ tenant, predictionId });
  }

  /**
   * Gives records of a redelivered group jobs of their own, which also count them and come next.
   * @param timestamp when the group was enqueued, in ms since the epoch
   */
  async separate(tenant: string, predictionIds: readonly string[], timestamp: number): Promise<void> {
    await this.forgetGroup(predictionIds);
    await Promise.all(
      predictionIds.map((predictionId) => this.addAlone({ tenant, predictionId }, { timestamp, lifo: true })),
    );
  }

  /** Forgets the group of records that ended in it and are not counted. */
  async forgetGroup(predictionIds: readonly string[]): Promise<void> {
    if (predictionIds.length > 0) await asQueueUnavailable(this.connection.unlink(predictionIds.map(groupKey)));
  }

  /** State of a record's job; `unknown` when it was removed or never added. */
  async state(predictionId: string): Promise<JobState> {
    return stateOf(this.queue, await this.jobIdOf(predictionId));
  }

  /** Position of a record in the queue: 1 = next, as are all of the next group. Undefined when it is not waiting. */
  async position(predictionId: string): Promise<number | undefined> {
    const key = queueKey(queueNames.predictions);
    const keys = [`${key}${queuePart.wait}`, `${key}${queuePart.prioritized}`];
    const jobId = await this.jobIdOf(predictionId);
    const found = await asQueueUnavailable(
      this.connection.eval(POSITION_SCRIPT, keys.length, ...keys, jobId, COUNTED_JOBS),
    );
    return found === null ? undefined : Number(found);
  }

  /** Whether Redis holds everything a worker needs to run the record's job. */
  async canFinish(predictionId: string): Promise<boolean> {
    return canJobFinish(this.connection, queueNames.predictions, await this.jobIdOf(predictionId));
  }

  private openGroup(tenant: string): OpenGroup {
    const predictionIds = new Set<string>();
    const added = setImmediate().then(() => {
      if (this.openGroups.get(tenant)?.predictionIds === predictionIds) this.openGroups.delete(tenant);
      return this.addGroup(tenant, [...predictionIds]);
    });
    const group = { predictionIds, added };
    this.openGroups.set(tenant, group);
    return group;
  }

  private async addGroup(tenant: string, predictionIds: readonly string[]): Promise<void> {
    const [first = ''] = predictionIds;
    if (predictionIds.length === 1) return this.addAlone({ tenant, predictionId: first });
    const jobId = jobIds.predictionGroup(predictionIds);
    const keys = predictionIds.flatMap((id) => [groupKey(id), jobKey(queueNames.predictions, jobIds.prediction(id))]);
    // In this order on one connection: a worker finds the keys of every job that it gets.
    const named = this.connection.eval(NAME_GROUP_SCRIPT, keys.length, ...keys, jobId, GROUP_KEY_TTL_SECONDS);
    const data: PredictionGroupJob = { v: 3, tenant, predictionIds: [...predictionIds] };
    const added = this.queue.add('prediction-group', data, { ...jobOptions.prediction, jobId });
    await asQueueUnavailable(Promise.all([named, added]));
  }

  private async addAlone({ tenant, predictionId }: SingleRecord, more: JobsOptions = {}): Promise<void> {
    const options = { ...jobOptions.prediction, ...more, jobId: jobIds.prediction(predictionId) };
    await asQueueUnavailable(this.queue.add('prediction', { v: 1, tenant, predictionId }, options));
  }

  /** The id of the record's own job, if it has one, else of its group's. */
  private async jobIdOf(predictionId: string): Promise<string> {
    const own = jobIds.prediction(predictionId);
    const [hasOwn, group] = await asQueueUnavailable(
      Promise.all([
        this.connection.exists(jobKey(queueNames.predictions, own)),
        this.connection.get(groupKey(predictionId)),
      ]),
    );
    return hasOwn === 1 ? own : (group ?? own);
  }
}
