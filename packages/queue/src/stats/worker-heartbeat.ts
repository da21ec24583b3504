import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from '../jobs/job-types';
import { asQueueUnavailable } from '../redis/errors';

const WORKERS_KEY = `${REDIS_PREFIX}:workers`;
const INTERVAL_MS = 2_000;
/** Three missed heartbeats: the worker has crashed, hangs or is disconnected. */
export const WORKER_EXPIRY_SECONDS = 7;
const EXPIRY_MS = WORKER_EXPIRY_SECONDS * 1_000;
/** How long a worker without heartbeat is listed. */
const LISTED_MS = 180_000;
/** `stop` waits at most this long for Redis; otherwise the heartbeat expires. */
const REMOVAL_TIMEOUT_MS = 2_000;

const HEARTBEAT_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${LISTED_MS})
return redis.call('ZADD', KEYS[1], now, ARGV[1])`;

const SEEN_SCRIPT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return { now, redis.call('ZRANGEBYSCORE', KEYS[1], now - ${LISTED_MS}, '+inf', 'WITHSCORES') }`;

/** Reports at intervals that this worker is alive. Runs in the thread that takes jobs, so it stops when that thread hangs. */
export class WorkerHeartbeat {
  private readonly member: string;
  private timer: NodeJS.Timeout | undefined;

  /** @param id unique per process @param slots number of shards that the worker processes at once */
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

/** A worker that has not stopped in order. */
export interface SeenWorker {
  id: string;
  /** Shards it processes at once. */
  slots: number;
  /** Age of its last heartbeat. */
  silentMs: number;
  /** Whether fewer than three heartbeats are missing. */
  isAlive: boolean;
}

/** The workers with a heartbeat in the last three minutes, by id. @throws QueueUnavailableError */
export async function readWorkers(redis: Redis): Promise<SeenWorker[]> {
  const [now, found] = (await asQueueUnavailable(redis.eval(SEEN_SCRIPT, 1, WORKERS_KEY))) as [number, string[]];
  const workers: SeenWorker[] = [];
  for (let i = 0; i < found.length; i += 2) {
    const [slots = '', id = ''] = (found[i] ?? '').split(/:(.*)/s);
    const silentMs = Math.max(0, now - Number(found[i + 1]));
    workers.push({ id, slots: Number.parseInt(slots, 10), silentMs, isAlive: isAliveAfter(silentMs) });
  }
  return workers.sort((one, other) => one.id.localeCompare(other.id, 'en'));
}

/** @param silentMs age of the last heartbeat */
export function isAliveAfter(silentMs: number): boolean {
  return silentMs <= EXPIRY_MS;
}

/** Counts the shards that all workers alive process at once. @throws QueueUnavailableError */
export async function readAliveSlots(redis: Redis): Promise<number> {
  const workers = await readWorkers(redis);
  return workers.reduce((sum, { isAlive, slots }) => sum + (isAlive ? slots : 0), 0);
}
