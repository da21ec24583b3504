import type { Publisher } from '@cytoqueue/metrics';
import { type SumsOutbox, takeTurn } from '@cytoqueue/queue';
import { type Logger, Periodic } from '@cytoqueue/runtime';
import type { Redis } from 'ioredis';
import { gaugesOf } from './gauges';
import type { QueueWatch } from './queue-status';

/** How often each process asks whether the minute's report is its own. */
const ASK_MS = 2_000;
const TURN_MS = 120_000;
/** A stop waits no longer for the last figures; they stay in Redis for whoever reports next. */
const STOP_MS = 5_000;

export interface ReporterParts {
  redis: Redis;
  watch: QueueWatch;
  outbox: SumsOutbox;
  publisher: Publisher;
  logger: Logger;
  askMs?: number;
  stopMs?: number;
}

/**
 * Reports once in every minute of Redis's clock, from one of all API processes: the first to ask. Each also reports the state when
 * it starts and when it stops, the latter with all that was counted. Runs beside the requests; nothing waits for it.
 */
export class Reporter {
  private readonly periodic: Periodic;
  private hasReported = false;
  private hasFailed = false;
  /** The last one that was given away, to whichever process. */
  private settledMinute = 0;

  constructor(private readonly parts: ReporterParts) {
    this.periodic = new Periodic({ name: 'report', everyMs: parts.askMs ?? ASK_MS, logger: parts.logger, turn: () => this.turn() });
  }

  start(): void {
    this.periodic.start();
  }

  async stop(): Promise<void> {
    const { watch, publisher, logger, stopMs = STOP_MS } = this.parts;
    await this.periodic.stop();
    const last = watch.read().then((status) => publisher.sendRest(gaugesOf(status)));
    const timeout = new Promise((_, reject) => void setTimeout(() => reject(new Error('timeout')), stopMs).unref());
    await Promise.race([last, timeout]).catch((error: unknown) => logger.warn({ err: error }, 'last figures not sent'));
  }

  /** An outage is told once, not every two seconds. */
  private async turn(): Promise<void> {
    try {
      await this.report();
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) this.parts.logger.warn({ err: error }, 'figures not sent; they are kept and sent later');
      this.hasFailed = true;
    }
  }

  private async report(): Promise<void> {
    const { redis, watch, outbox, publisher } = this.parts;
    const minute = await outbox.minute();
    const isTurn = minute !== this.settledMinute && (await takeTurn(redis, `report:${minute}`, TURN_MS));
    this.settledMinute = minute;
    if (!isTurn && this.hasReported) return;
    const gauges = gaugesOf(await watch.read());
    await (isTurn ? publisher.sendMinute(gauges) : publisher.sendGauges(gauges));
    this.hasReported = true;
  }
}
