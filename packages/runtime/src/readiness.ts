import type { DependencyProblem } from './dependency-watch';
import type { Logger } from './logger';
import { PeriodicTask } from './periodic-task';

/** A dependency that does not answer in this time is unreachable. Shorter than the timeouts of health checks. */
const RESPONSE_TIMEOUT_MS = 3_000;

/** Checks that the process's dependencies answer and were suitable in the last probe. */
export class Readiness {
  private checking: Promise<DependencyProblem[]> | undefined;

  /**
   * @param dependencies by name; a check rejects while its dependency is unreachable
   * @param watch findings of the background probes
   */
  constructor(
    private readonly dependencies: Readonly<Record<string, () => Promise<unknown>>>,
    private readonly watch: { unavailableDependencies: () => DependencyProblem[] } = {
      unavailableDependencies: () => [],
    },
  ) {}

  /** Empty = ready. Concurrent callers share one check, because health endpoints are public. */
  unavailableDependencies(): Promise<DependencyProblem[]> {
    this.checking ??= this.check().finally(() => (this.checking = undefined));
    return this.checking;
  }

  private async check(): Promise<DependencyProblem[]> {
    const entries = Object.entries(this.dependencies);
    const answered = await Promise.all(entries.map(([, check]) => respondsInTime(check)));
    const unreachable = entries
      .filter((_, index) => !answered[index])
      .map(([name]) => ({ name, reason: 'unreachable' }));
    const found = this.watch.unavailableDependencies();
    return [...unreachable.filter(({ name }) => !found.some((problem) => problem.name === name)), ...found];
  }
}

/** Lists names and reasons, such as `store (access-denied)`. Nothing internal, because health endpoints are public. */
export function describeProblems(problems: readonly DependencyProblem[]): string {
  return problems.map(({ name, reason }) => `${name} (${reason})`).join(', ');
}

async function respondsInTime(check: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), RESPONSE_TIMEOUT_MS)));
  const answer = check().then(
    () => true,
    () => false,
  );
  return Promise.race([answer, tooLate]).finally(() => clearTimeout(timer));
}

/** Alarms count log lines with this text (ecs/src/observability/not-ready.ts). */
export const NOT_READY = 'not ready';
const WATCH_INTERVAL_MS = 15_000;

/**
 * Logs at intervals while this process is not ready, with the missing dependencies. Only from the second failed check on, so
 * that a start or a reconnect does not roll back a deployment.
 */
export function watchReadiness(options: {
  readiness: Pick<Readiness, 'unavailableDependencies'>;
  logger: Pick<Logger, 'warn'>;
  intervalMs?: number;
}): PeriodicTask {
  const { readiness, logger, intervalMs = WATCH_INTERVAL_MS } = options;
  let wasNotReady = false;
  const run = async (): Promise<void> => {
    const problems = await readiness.unavailableDependencies();
    if (problems.length > 0 && wasNotReady) logger.warn({ missing: describeProblems(problems) }, NOT_READY);
    wasNotReady = problems.length > 0;
  };
  return new PeriodicTask({ name: 'readiness', intervalMs, logger, run });
}
