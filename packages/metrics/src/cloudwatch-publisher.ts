import type { Gauge } from './catalogue';
import type { AtomicGroup } from './cloudwatch-sender';
import { MetricDatumBuilder, type MinuteCounterValues } from './metric-datum-builder';

/** Leases each entry of unsent counters to one sender at a time. */
export interface CounterSource {
  /** Leases unsent entries. @param includeCurrent include the current minute so far */
  lease(includeCurrent: boolean): Promise<(MinuteCounterValues & { id: string })[]>;
  /** Removes an entry that was sent. */
  acknowledge(id: string): Promise<void>;
  /** The current minute by the source's clock. */
  currentMinute(): Promise<number>;
}

export interface PublisherOptions {
  environment: string;
  counters: CounterSource;
  sender: { send: (groups: readonly AtomicGroup[]) => Promise<void> };
}

/**
 * Sends gauges and counters to CloudWatch. Unsent counters stay in the source and are sent later with their own time. At least
 * once: if a process crashes after CloudWatch has accepted a minute and before the acknowledgement, the minute is sent again.
 */
export class CloudWatchPublisher {
  private readonly builder: MetricDatumBuilder;

  constructor(private readonly options: PublisherOptions) {
    this.builder = new MetricDatumBuilder(options.environment);
  }

  /** Sends only the gauges. */
  async sendGauges(gauges: readonly Gauge[]): Promise<void> {
    await this.options.sender.send([this.gaugeGroup(gauges)]);
  }

  /** Called once a minute by one process. Sends gauges, the unsent counters of past minutes, and zeros for counters without events in the last minute. */
  async sendMinute(gauges: readonly Gauge[]): Promise<void> {
    const { counters: source, sender } = this.options;
    const last = (await source.currentMinute()) - 1;
    const leased = await source.lease(false);
    const nonZero = new Set(
      leased.filter(({ minute }) => minute === last).flatMap(({ counters }) => Object.keys(counters)),
    );
    const zeroGroup: AtomicGroup = { data: this.builder.zeroCounters(last, nonZero), onSent: noop };
    await sender.send([this.gaugeGroup(gauges), zeroGroup, ...leased.map((minute) => this.counterGroup(minute))]);
  }

  /** Sends everything when a process stops, including the current minute; other processes may continue to add to that minute. */
  async flush(gauges: readonly Gauge[] = []): Promise<void> {
    const leased = await this.options.counters.lease(true);
    await this.options.sender.send([this.gaugeGroup(gauges), ...leased.map((minute) => this.counterGroup(minute))]);
  }

  private gaugeGroup(gauges: readonly Gauge[]): AtomicGroup {
    return { data: this.builder.gauges(gauges, new Date()), onSent: noop };
  }

  private counterGroup(entry: MinuteCounterValues & { id: string }): AtomicGroup {
    return { data: this.builder.minuteCounters(entry), onSent: () => this.options.counters.acknowledge(entry.id) };
  }
}

async function noop(): Promise<void> {}
