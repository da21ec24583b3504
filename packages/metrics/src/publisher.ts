import type { Gauge } from './catalogue';
import type { Consignment } from './cloudwatch';
import { DataMaker, type MinuteFigures } from './data';

/** Figures that lie ready to be sent, given to one sender at a time. */
export interface FigureSource {
  /** What nobody has sent yet, kept from others for a while. @param present also what the present minute has come to so far */
  take(present: boolean): Promise<(MinuteFigures & { id: string })[]>;
  /** It is sent and can be forgotten. */
  done(id: string): Promise<void>;
  /** Which minute it is for the source. */
  minute(): Promise<number>;
}

export interface PublisherParts {
  environment: string;
  figures: FigureSource;
  sender: { send: (consignments: readonly Consignment[]) => Promise<void> };
}

/**
 * Makes data of figures and sends them. What was not sent stays with the source and is sent later, with the time at which it happened.
 * At least once: a process that dies between CloudWatch's answer and telling the source sends a minute's counts again.
 */
export class Publisher {
  private readonly maker: DataMaker;

  constructor(private readonly parts: PublisherParts) {
    this.maker = new DataMaker(parts.environment);
  }

  /** The state of the moment alone. */
  async sendGauges(gauges: readonly Gauge[]): Promise<void> {
    await this.parts.sender.send([this.state(gauges)]);
  }

  /** Once a minute, by one process: the state, what the minutes before came to, and zeros for what nothing happened to. */
  async sendMinute(gauges: readonly Gauge[]): Promise<void> {
    const { figures, sender } = this.parts;
    const last = (await figures.minute()) - 1;
    const taken = await figures.take(false);
    const busy = new Set(taken.filter(({ minute }) => minute === last).flatMap(({ sums }) => Object.keys(sums)));
    const zeros: Consignment = { data: this.maker.zeros(last, busy), sent: nothing };
    await sender.send([this.state(gauges), zeros, ...taken.map((minute) => this.done(minute))]);
  }

  /** When a process stops: all there is, the present minute too. Sums add up, so nothing is lost if another goes on counting. */
  async sendRest(gauges: readonly Gauge[] = []): Promise<void> {
    const taken = await this.parts.figures.take(true);
    await this.parts.sender.send([this.state(gauges), ...taken.map((minute) => this.done(minute))]);
  }

  private state(gauges: readonly Gauge[]): Consignment {
    return { data: this.maker.gauges(gauges, new Date()), sent: nothing };
  }

  private done(figures: MinuteFigures & { id: string }): Consignment {
    return { data: this.maker.figures(figures), sent: () => this.parts.figures.done(figures.id) };
  }
}

async function nothing(): Promise<void> {}
