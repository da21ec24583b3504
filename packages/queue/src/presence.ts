import type { Redis } from 'ioredis';
import { REDIS_PREFIX } from './names';
import { orUnavailable } from './unavailable';

const KEY = `${REDIS_PREFIX}:workers`;
const BEAT_MS = 5_000;
/** Three beats missed: it is dead, frozen or cut off. */
const GONE_MS = 16_000;

const BEAT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${10 * GONE_MS})
return redis.call('ZADD', KEYS[1], now, ARGV[1])`;

const ALIVE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('ZRANGEBYSCORE', KEYS[1], now - ${GONE_MS}, '+inf')`;

/** Says again and again that this worker is alive. It beats in the thread that takes the jobs: when that hangs, it stops. */
export class WorkerPresence {
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
    this.timer = setInterval(this.beat, BEAT_MS);
    this.redis.on('ready', this.beat);
    this.beat();
  }

  /** Takes no work any more. */
  async stop(): Promise<void> {
    if (this.timer === undefined) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.redis.off('ready', this.beat);
    await this.redis.zrem(KEY, this.member).catch(ignore);
  }

  private readonly beat = (): void => {
    // Beats are not saved up while Redis is away, and one that is lost is made up for by the next.
    if (this.redis.status === 'ready') this.redis.eval(BEAT, 1, KEY, this.member).catch(ignore);
  };
}

function ignore(): void {}

/** The workers that were heard of within seconds, and the shards they work on at once. @throws QueueUnavailableError */
export async function readWorkers(redis: Redis): Promise<{ alive: number; slots: number }> {
  const members = (await orUnavailable(redis.eval(ALIVE, 1, KEY))) as string[];
  return { alive: members.length, slots: members.reduce((sum, member) => sum + Number.parseInt(member, 10), 0) };
}
