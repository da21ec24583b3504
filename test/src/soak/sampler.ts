import { readFileSync, readdirSync } from 'node:fs';
import { REDIS_PREFIX, queueNames } from '@cytoqueue/queue';
import type { Redis } from 'ioredis';
import type { FaultStack } from '../support/fault-stack';
import type { Sample } from './slopes';

const INTERVAL_MS = 2_000;
const MIB = 1024 * 1024;
/** Redis's TTL of a key that does not expire. */
const WITHOUT_EXPIRY = -1;

export type Series = 'api MiB' | 'worker MiB' | 'api descriptors' | 'worker descriptors' | 'redis keys' | 'redis MiB';

/** Samples memory, descriptors and Redis keys of a running stack, by process lifetime. */
export class Sampler {
  readonly samples = new Map<Series, Sample[]>();
  private timer: NodeJS.Timeout | undefined;
  private taking: Promise<void> = Promise.resolve();
  private redisGeneration = 0;

  constructor(private readonly faults: FaultStack) {}

  start(): void {
    this.timer = setInterval(() => {
      this.taking = this.taking.then(() => this.take());
    }, INTERVAL_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.taking;
  }

  /** Starts a new lifetime for the key count after Redis has lost its data. */
  redisRestarted(): void {
    this.redisGeneration++;
  }

  private async take(): Promise<void> {
    const { api, workers } = this.faults.ready.pids;
    this.takeProcess('api', api);
    for (const pid of workers) this.takeProcess('worker', pid);
    await this.faults.inRedis((redis) => this.takeRedis(redis)).catch(() => undefined);
  }

  private takeProcess(role: 'api' | 'worker', pid: number): void {
    try {
      const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      this.add(`${role} MiB`, String(pid), Number(rss) / 1024);
      this.add(`${role} descriptors`, String(pid), readdirSync(`/proc/${pid}/fd`).length);
    } catch {
      // The process has just ended.
    }
  }

  /** Number of permanent keys, without expiring keys and finished jobs (of which a fixed number is kept). */
  private async takeRedis(redis: Redis): Promise<void> {
    const life = this.redisGeneration;
    const [keys, memory] = await Promise.all([redis.keys(`${REDIS_PREFIX}:*`), redis.info('memory')]);
    const finished = await Promise.all(
      Object.values(queueNames).flatMap((name) =>
        ['completed', 'failed'].map((state) => redis.zrange(`${REDIS_PREFIX}:${name}:${state}`, '0', '-1')),
      ),
    );
    const kept = new Set(finished.flat());
    const others = keys.filter((key) => !kept.has(key.split(':')[2] ?? ''));
    const ttls = await Promise.all(others.map((key) => redis.pttl(key)));
    if (life !== this.redisGeneration) return;
    this.add('redis keys', String(life), ttls.filter((ttl) => ttl === WITHOUT_EXPIRY).length);
    this.add('redis MiB', String(life), Number(/used_memory:(\d+)/.exec(memory)?.[1]) / MIB);
  }

  private add(series: Series, life: string, value: number): void {
    if (!Number.isFinite(value)) return;
    const samples = this.samples.get(series) ?? [];
    samples.push({ life, atMs: performance.now(), value });
    this.samples.set(series, samples);
  }
}
