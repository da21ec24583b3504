import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';
import { asQueueUnavailable } from '../redis/errors';

const WORKERS_KEY = `${REDIS_PREFIX}:workers`;
const INTERVAL_MS = 5_000;
/** Three missed heartbeats: the worker has crashed, hangs or is disconnected. */
const EXPIRY_MS = 16_000;
/** `stop` waits at most this long for Redis; otherwise the heartbeat expires. */
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

/** Reports at intervals that this worker is alive. Runs in the thread that takes jobs, so it stops when that thread hangs. */
export class WorkerHeartbeat {
  private readonly member: string;
  private timer: NodeJS.Timeout | undefined;

  /** @param id unique per process @param slots number of shards the worker processes at once */
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

  /** Removes the worker from the list of workers alive. */
  async stop(): Promise<void> {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.redis.off('ready', this.sendHeartbeat);
    const removal = this.redis.zrem(WORKERS_KEY, this.member).catch(ignore);
    await Promise.race([removal, sleep(REMOVAL_TIMEOUT_MS, undefined, { ref: false })]);
  }

  private readonly sendHeartbeat = (): void => {
    // Do not queue heartbeats while Redis is unavailable; the next heartbeat replaces a lost one.
    if (this.redis.status === 'ready') this.redis.eval(HEARTBEAT_SCRIPT, 1, WORKERS_KEY, this.member).catch(ignore);
  };
}

function ignore(): void {}

/** Counts the workers alive and their slots. @throws QueueUnavailableError */
export async function readAliveWorkers(redis: Redis): Promise<{ alive: number; slots: number }> {
  const members = (await asQueueUnavailable(redis.eval(ALIVE_SCRIPT, 1, WORKERS_KEY))) as string[];
  return { alive: members.length, slots: members.reduce((sum, member) => sum + Number.parseInt(member, 10), 0) };
}
