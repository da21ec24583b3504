import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';
import { asQueueUnavailable } from '../redis/errors';

const WORKERS_KEY = `${REDIS_PREFIX}:workers`;
const INTERVAL_MS = 5_000;
/** Three beats missed: it is dead, frozen or cut off. */
const EXPIRY_MS = 16_000;
/** A stop does not wait longer for a Redis that is away; the worker is then missed by its beats. */
const REMOVAL_TIMEOUT_MS = 2_000;

const HEARTBEAT_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${10 * EXPIRY_MS})
return redis.call('ZADD', KEYS[1], now, ARGV[1])`;

const ALIVE_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], now - ${EXPIRY_MS}, '+inf')`;

/** Says again and again that this worker is alive. It beats in the thread that takes the jobs: when that hangs, it stops. */
export class WorkerHeartbeat {
  private readonly member: string;
  private timer: NodeJS.Timeout | undefined;

  /** `id`: of this process among all. `slots`: how many shards it works on at once. */
  constructor(
    private readonly redis: Redis,
    id: string,
    slots: number,
  ) {
    this.member = `${slots}:${id}`;
  }

  start(): void {
    if (this.timer !== undefined) return;
    this.timer = setInterval(this.sendHeartbeat, INTERVAL_MS);
    this.redis.on('ready', this.sendHeartbeat);
    this.sendHeartbeat();
  }

  /** Takes no work any more. */
  async stop(): Promise<void> {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.redis.off('ready', this.sendHeartbeat);
    const removal = this.redis.zrem(WORKERS_KEY, this.member).catch(ignore);
    await Promise.race([removal, sleep(REMOVAL_TIMEOUT_MS, undefined, { ref: false })]);
  }

  private readonly sendHeartbeat = (): void => {
    // Beats are not saved up while Redis is away, and one that is lost is made up for by the next.
    if (this.redis.status === 'ready') this.redis.eval(HEARTBEAT_SCRIPT, 1, WORKERS_KEY, this.member).catch(ignore);
  };
}

function ignore(): void {}

/** The workers that were heard of within seconds, and the shards they work on at once. @throws QueueUnavailableError */
export async function readAliveWorkers(redis: Redis): Promise<{ alive: number; slots: number }> {
  const members = (await asQueueUnavailable(redis.eval(ALIVE_SCRIPT, 1, WORKERS_KEY))) as string[];
  return { alive: members.length, slots: members.reduce((sum, member) => sum + Number.parseInt(member, 10), 0) };
}
