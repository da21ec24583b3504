import type { Gauge } from './catalogue';
import type { AtomicGroup } from './cloudwatch-sender';
import { MetricDatumBuilder, type MinuteCounterValues } from './metric-datum-builder';

/** Figures that lie ready to be sent, given to one sender at a time. */
export interface CounterSource {
  /** What nobody has sent yet, kept from others for a while. @param includeCurrent also what the present minute has come to so far */
  lease(includeCurrent: boolean): Promise<(MinuteCounterValues & { id: string })[]>;
  /** It is sent and can be forgotten. */
  acknowledge(id: string): Promise<void>;
  /** Which minute it is for the source. */
  currentMinute(): Promise<number>;
}

export interface PublisherOptions {
  environment: string;
  counters: CounterSource;
  sender: { send: (consignments: readonly AtomicGroup[]) => Promise<void> };
}

/**
 * Makes data of figures and sends them. What was not sent stays with the source and is sent later, with the time at which it happened.
 * At least once: a process that dies between CloudWatch's answer and telling the source sends a minute's counts again.
 */
export class CloudWatchPublisher {
  private readonly builder: MetricDatumBuilder;

  constructor(private readonly parts: PublisherOptions) {
    this.builder = new MetricDatumBuilder(parts.environment);
  }

  /** The state of the moment alone. */
  async sendGauges(gauges: readonly Gauge[]): Promise<void> {
    await this.parts.sender.send([this.gaugeGroup(gauges)]);
  }

  /** Once a minute, by one process: the state, what the minutes before came to, and zeros for what nothing happened to. */
  async sendMinute(gauges: readonly Gauge[]): Promise<void> {
    const { counters: figures, sender } = this.parts;
    const last = (await figures.currentMinute()) - 1;
    const leased = await figures.lease(false);
    const nonZero = new Set(
      leased.filter(({ minute }) => minute === last).flatMap(({ counters }) => Object.keys(counters)),
    );
    const zeroGroup: AtomicGroup = { data: this.builder.zeroCounters(last, nonZero), onSent: noop };
    await sender.send([this.gaugeGroup(gauges), zeroGroup, ...leased.map((minute) => this.counterGroup(minute))]);
  }

  /** When a process stops: all there is, the present minute too. Sums add up, so nothing is lost if another goes on counting. */
  async flush(gauges: readonly Gauge[] = []): Promise<void> {
    const leased = await this.parts.counters.lease(true);
    await this.parts.sender.send([this.gaugeGroup(gauges), ...leased.map((minute) => this.counterGroup(minute))]);
  }

  private gaugeGroup(gauges: readonly Gauge[]): AtomicGroup {
    return { data: this.builder.gauges(gauges, new Date()), onSent: noop };
  }

  private counterGroup(figures: MinuteCounterValues & { id: string }): AtomicGroup {
    return { data: this.builder.minuteCounters(figures), onSent: () => this.parts.counters.acknowledge(figures.id) };
  }
}

async function noop(): Promise<void> {}
