import { Meters, valueField } from '@cytoqueue/metrics';
import { MinuteSums, type Sums } from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import type { Redis } from 'ioredis';
import { gaugesOf } from './gauges';
import type { QueueWatch } from './queue-status';

/** What this API process does, counted. Nothing here waits: a figure that is lost is no reason to fail a request. */
export class ApiMetrics {
  private readonly meters = new Meters('api');
  private readonly sums: MinuteSums;

  constructor(
    redis: Redis,
    private readonly watch: QueueWatch,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    this.sums = new MinuteSums(redis);
  }

  /** An upload was accepted. */
  uploaded(bytes: number): void {
    this.meters.count('UploadBytes', bytes);
    this.add({ UploadBytes: bytes });
  }

  /** The canary's record came back with the right answer. */
  canaryAnswered(latencyMs: number): void {
    this.meters.observe('CanaryLatency', latencyMs);
    this.add({ [valueField('CanaryLatency', latencyMs)]: 1 });
  }

  canaryFailed(): void {
    this.meters.count('CanaryFailed');
    this.add({ CanaryFailed: 1 });
  }

  /** The object store or Redis could not be used as it is. */
  dependencyProbeFailed(): void {
    this.meters.count('DependencyProbesFailed');
    this.add({ DependencyProbesFailed: 1 });
  }

  /** A stored object is damaged. Only the workers show the count to Prometheus. */
  objectDamaged(): void {
    this.add({ ChecksumMismatches: 1 });
  }

  /** For Prometheus, with the queue as it is now; without it when Redis does not answer. */
  async text(): Promise<{ contentType: string; body: string }> {
    this.meters.set(await this.watch.read().then(gaugesOf, () => []));
    return this.meters.text();
  }

  private add(sums: Sums): void {
    this.sums.add(sums).catch((error: unknown) => this.logger.warn({ err: error }, 'not counted'));
  }
}
