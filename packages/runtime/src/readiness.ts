import type { Logger } from './logger';
import { Periodic } from './periodic';

/** A dependency that has not answered by then counts as away: whoever asks has less patience than a frozen one. */
const ANSWER_MS = 3_000;

/** Whether what a process needs answers. @see Readiness.missing */
export class Readiness {
  private looking: Promise<string[]> | undefined;

  /** By name; a check rejects while its dependency is away. */
  constructor(private readonly dependencies: Readonly<Record<string, () => Promise<unknown>>>) {}

  /** Names of the dependencies that do not answer; empty = ready. Many who ask at once are asked for once: health is open to everybody. */
  missing(): Promise<string[]> {
    this.looking ??= this.look().finally(() => (this.looking = undefined));
    return this.looking;
  }

  private async look(): Promise<string[]> {
    const names = await Promise.all(Object.entries(this.dependencies).map(([name, check]) => answers(check).then((ok) => (ok ? [] : [name]))));
    return names.flat();
  }
}

async function answers(check: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ANSWER_MS)));
  const answer = check().then(() => true, () => false);
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

/** The alarms of a deployment count log lines with this text: see ecs/src/observability/not-ready.ts. */
export const NOT_READY = 'not ready';
const WATCH_EVERY_MS = 15_000;

/**
 * Logs that this process is not ready, and for want of which dependencies, for as long as that lasts. Only when a second
 * look finds it so too: a process that starts, or a connection that is made again, is no reason to roll a deployment back.
 */
export function watchReadiness(options: { readiness: Pick<Readiness, 'missing'>; logger: Pick<Logger, 'warn'>; everyMs?: number }): Periodic {
  const { readiness, logger, everyMs = WATCH_EVERY_MS } = options;
  let wasMissing = false;
  const turn = async (): Promise<void> => {
    const missing = await readiness.missing();
    if (missing.length > 0 && wasMissing) logger.warn({ missing }, NOT_READY);
    wasMissing = missing.length > 0;
  };
  return new Periodic({ name: 'readiness', everyMs, logger, turn });
}
