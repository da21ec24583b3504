import type { Logger } from 'pino';

/** A problem that a probe found. Only the reason is public; detail, remedy and cause go to the log. */
export interface Finding {
  reason: string;
  /** `unavailable` may be temporary; `unsuitable` is permanent; with a `warning` the dependency stays in use. */
  kind: 'unavailable' | 'unsuitable' | 'warning';
  detail: string;
  remedy: string;
  cause?: unknown;
}

/** Why a dependency cannot be used. */
export interface DependencyProblem {
  name: string;
  reason: string;
}

const PROBE_INTERVAL_MS = 5 * 60_000;
/** Interval after a failed probe. */
const RETRY_MS = 5_000;
const TIMEOUT_MS = 10_000;

/** The dependency is reachable but unsuitable: the start fails with status 1. */
export class UnsuitableDependencyError extends Error {
  override readonly name = 'UnsuitableDependencyError';

  constructor(readonly problems: readonly (DependencyProblem & { detail: string; remedy: string })[]) {
    super(problems.map(({ name, detail, remedy }) => `${name}: ${detail}. To do: ${remedy}.`).join(' '));
  }
}

export interface DependencyWatchOptions {
  /** Probes by name; each resolves to its findings. */
  probes: Readonly<Record<string, () => Promise<readonly Finding[]>>>;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** For tests. */
  intervalMs?: number;
  retryMs?: number;
  timeoutMs?: number;
}

/**
 * Probes every dependency at the start and every five minutes in the background; after a failure every five seconds. A
 * dependency that is unsuitable at the start fails the start. Any other failure is a problem until a probe succeeds.
 */
export class DependencyWatch {
  /** Called after every probe with findings, warnings included. */
  onFailure: (name: string) => void = () => undefined;
  private readonly watched: WatchedDependency[];

  constructor(options: DependencyWatchOptions) {
    this.watched = Object.entries(options.probes).map(
      ([name, probe]) => new WatchedDependency(name, probe, options, () => this.onFailure(name)),
    );
  }

  /**
   * Resolves after the first probe of each dependency, even if dependencies are unavailable.
   * @throws UnsuitableDependencyError, or the error of a probe
   */
  async start(): Promise<void> {
    const findings = (await Promise.all(this.watched.map((dependency) => dependency.probeFirst()))).flat();
    const unsuitable = findings.filter(({ kind }) => kind === 'unsuitable');
    if (unsuitable.length > 0) throw new UnsuitableDependencyError(unsuitable);
    for (const dependency of this.watched) dependency.schedule();
  }

  /** Does not wait for a running probe, which may hang. */
  stop(): void {
    for (const dependency of this.watched) dependency.stop();
  }

  /** Names and reasons by the last probes; empty when all dependencies are usable. */
  unavailableDependencies(): DependencyProblem[] {
    return this.watched.flatMap((dependency) => dependency.problems());
  }
}

class WatchedDependency {
  private findings: readonly Finding[] = [];
  /** The running probe; a hanging probe is not started again. */
  private running: Promise<readonly Finding[]> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    private readonly name: string,
    private readonly probe: () => Promise<readonly Finding[]>,
    private readonly options: DependencyWatchOptions,
    private readonly onFailure: () => void,
  ) {}

  async probeFirst(): Promise<(Finding & { name: string })[]> {
    this.update(await this.probeWithTimeout());
    return this.findings.map((finding) => ({ ...finding, name: this.name }));
  }

  schedule(): void {
    if (this.isStopped) return;
    const { intervalMs = PROBE_INTERVAL_MS, retryMs = RETRY_MS } = this.options;
    this.timer = setTimeout(() => void this.probeAgain(), this.problems().length === 0 ? intervalMs : retryMs);
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  problems(): DependencyProblem[] {
    return this.findings.filter(({ kind }) => kind !== 'warning').map(({ reason }) => ({ name: this.name, reason }));
  }

  private async probeAgain(): Promise<void> {
    this.update(await this.probeWithTimeout().catch((error: unknown) => [probeFailed(error)]));
    this.schedule();
  }

  private async probeWithTimeout(): Promise<readonly Finding[]> {
    const { timeoutMs = TIMEOUT_MS } = this.options;
    this.running ??= this.probe().finally(() => (this.running = undefined));
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<readonly Finding[]>(
      (resolve) => (timer = setTimeout(() => resolve([probeTimedOut(timeoutMs)]), timeoutMs)),
    );
    return Promise.race([this.running, timeout]).finally(() => clearTimeout(timer));
  }

  /** Logs changes only, not every probe. */
  private update(findings: readonly Finding[]): void {
    const [before, now] = [this.findings, findings].map((some) => some.map(({ reason }) => reason).join());
    this.findings = findings;
    if (findings.length > 0) this.onFailure();
    if (before === now) return;
    const { name, options } = this;
    if (findings.length === 0) options.logger.info({ dependency: name }, 'dependency problem solved');
    for (const { kind, reason, detail, remedy, cause } of findings) {
      options.logger[kind === 'warning' ? 'warn' : 'error'](
        { dependency: name, reason, kind, explanation: detail, remedy, err: cause },
        'dependency problem',
      );
    }
  }
}

function probeFailed(cause: unknown): Finding {
  return { reason: 'probe-failed', kind: 'unavailable', detail: 'the probe failed', remedy: 'see the error', cause };
}

function probeTimedOut(timeoutMs: number): Finding {
  return {
    reason: 'timeout',
    kind: 'unavailable',
    detail: `no answer within ${timeoutMs / 1_000} s`,
    remedy: 'check the network and the load of the server or disk',
  };
}
