import { PrometheusMetrics, distributionField } from '@cytoqueue/metrics';
import { MinuteCounters, type CounterValues } from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import type { Redis } from 'ioredis';
import { toGauges } from './gauges';
import type { QueueStatusReader } from './queue-status';

/** What this API process does, counted. Nothing here waits: a figure that is lost is no reason to fail a request. */
export class ApiMetrics {
  private readonly prometheus = new PrometheusMetrics('api');
  private readonly counters: MinuteCounters;

  constructor(
    redis: Redis,
    private readonly queueStatus: QueueStatusReader,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    this.counters = new MinuteCounters(redis);
  }

  /** An upload was accepted. */
  uploaded(bytes: number): void {
    this.prometheus.count('UploadBytes', bytes);
    this.addCounters({ UploadBytes: bytes });
  }

  /** The canary's record came back with the right answer. */
  canarySucceeded(latencyMs: number): void {
    this.prometheus.observe('CanaryLatency', latencyMs);
    this.addCounters({ [distributionField('CanaryLatency', latencyMs)]: 1 });
  }

  canaryFailed(): void {
    this.prometheus.count('CanaryFailed');
    this.addCounters({ CanaryFailed: 1 });
  }

  /** The object store or Redis could not be used as it is. */
  dependencyProbeFailed(): void {
    this.prometheus.count('DependencyProbesFailed');
    this.addCounters({ DependencyProbesFailed: 1 });
  }

  /** A stored object is damaged. Only the workers show the count to Prometheus. */
  objectDamaged(): void {
    this.addCounters({ ChecksumMismatches: 1 });
  }

  /** For Prometheus, with the queue as it is now; without it when Redis does not answer. */
  async text(): Promise<{ contentType: string; body: string }> {
    this.prometheus.set(await this.queueStatus.read().then(toGauges, () => []));
    return this.prometheus.text();
  }

  private addCounters(counters: CounterValues): void {
    this.counters.add(counters).catch((error: unknown) => this.logger.warn({ err: error }, 'not counted'));
  }
}
