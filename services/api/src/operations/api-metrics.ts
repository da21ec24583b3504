import { type HttpRequest, PrometheusMetrics, distributionField } from '@cytoqueue/metrics';
import { MinuteCounters, type CounterValues } from '@cytoqueue/queue';
import type { Logger } from '@cytoqueue/runtime';
import type { Redis } from 'ioredis';
import { toGauges } from './gauges';
import type { OutdatedChampions } from './outdated-champions';
import type { QueueStatusReader } from './queue-status';

/** Counts this API process's work. Nothing here waits for Redis: a lost count must not fail a request. */
export class ApiMetrics {
  private readonly prometheus = new PrometheusMetrics('api');
  private readonly counters: MinuteCounters;

  constructor(
    redis: Redis,
    private readonly queueStatus: QueueStatusReader,
    private readonly outdatedChampions: OutdatedChampions,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    this.counters = new MinuteCounters(redis);
  }

  /** Observes a request that has ended. */
  requested(request: HttpRequest): void {
    this.prometheus.observeRequest(request);
  }

  /** Counts an accepted upload. */
  uploaded(bytes: number): void {
    this.prometheus.count('UploadBytes', bytes);
    this.addCounters({ UploadBytes: bytes });
  }

  /** Counts confirmed diagnoses that were stored. */
  confirmed(count: number): void {
    if (count === 0) return;
    this.prometheus.count('ConfirmationsAccepted', count);
    this.addCounters({ ConfirmationsAccepted: count });
  }

  /** Counts a canary with the correct result. */
  canarySucceeded(latencyMs: number): void {
    this.prometheus.observe('CanaryLatency', latencyMs);
    this.addCounters({ [distributionField('CanaryLatency', latencyMs)]: 1 });
  }

  canaryFailed(): void {
    this.prometheus.count('CanaryFailed');
    this.addCounters({ CanaryFailed: 1 });
  }

  /** Counts a failed check of the object store or Redis. */
  dependencyProbeFailed(): void {
    this.prometheus.count('DependencyProbesFailed');
    this.addCounters({ DependencyProbesFailed: 1 });
  }

  /** Counts a damaged object. Only the workers expose this counter to Prometheus. */
  objectDamaged(): void {
    this.addCounters({ ChecksumMismatches: 1 });
  }

  /** Metrics in Prometheus's text format, with the gauges of what can be read of Redis and the store. */
  async text(): Promise<{ contentType: string; body: string }> {
    const [queueGauges, modelGauges] = await Promise.all([
      this.queueStatus.read().then(toGauges, () => []),
      this.outdatedChampions.gauges(),
    ]);
    this.prometheus.set([...queueGauges, ...modelGauges]);
    return this.prometheus.text();
  }

  private addCounters(counters: CounterValues): void {
    this.counters.add(counters).catch((error: unknown) => this.logger.warn({ err: error }, 'a count was lost'));
  }
}
