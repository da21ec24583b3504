import type { Logger } from './logger';
import { PeriodicTask } from './periodic-task';

/** The protection ends by itself after this time if the process can no longer say so. */
const EXPIRES_MINUTES = 10;
const RENEW_MS = (EXPIRES_MINUTES / 2) * 60_000;
const INTERVAL_MS = 5_000;
/** Work that began after this time of unbroken protection does not prolong it: ECS must find a moment to stop the task. */
const MAX_PROTECTED_MS = 30 * 60_000;
/** How long that moment is: ECS looks for tasks to stop about every minute. */
const GAP_MS = 120_000;
const REQUEST_TIMEOUT_MS = 3_000;

export interface TaskProtectionOptions {
  /** `ECS_AGENT_URI`; without one there is nothing to protect from. */
  agentUri: string | undefined;
  logger: Pick<Logger, 'warn'>;
  /** Work that has run for this time protects the task: shorter work ends within the time that a stop leaves it. */
  minRunMs: number;
  requestTimeoutMs?: number;
  intervalMs?: number;
  /** Milliseconds of a clock that does not jump. */
  now?: () => number;
}

/**
 * Asks Amazon ECS not to choose this task when it scales in or deploys while it has work that began some time ago, by the
 * endpoint of the agent beside the task. Short work never protects, so that a task that is busy with it all the time can be
 * stopped. Best effort: an agent that refuses or does not answer delays no work, and interrupted work is delivered again.
 */
export class TaskProtection {
  /** When each began. */
  private readonly runningWork = new Set<{ startedAtMs: number }>();
  private protectedSinceMs: number | undefined;
  private renewedAtMs = 0;
  /** Until then the task stays unprotected, after a protection that lasted its whole time; a shorter one left moments enough. */
  private gapUntilMs = -Infinity;
  private readonly periodic: PeriodicTask;
  private readonly now: () => number;

  constructor(private readonly options: TaskProtectionOptions) {
    const { logger, intervalMs = INTERVAL_MS, now = () => performance.now() } = options;
    this.now = now;
    this.periodic = new PeriodicTask({ name: 'task protection', intervalMs, logger, run: () => this.update() });
  }

  start(): void {
    if (this.options.agentUri !== undefined) this.periodic.start();
  }

  /** Ends the protection: a task that stops has no long work left. */
  async stop(): Promise<void> {
    await this.periodic.stop();
    if (this.protectedSinceMs !== undefined) await this.put(false).catch(() => undefined);
  }

  /** Does the work, under protection once it has run long; never waits for the agent. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const entry = { startedAtMs: this.now() };
    this.runningWork.add(entry);
    try {
      return await work();
    } finally {
      this.runningWork.delete(entry);
    }
  }

  private async update(): Promise<void> {
    const isWanted = this.isWanted();
    const isDue = this.protectedSinceMs === undefined || this.now() - this.renewedAtMs >= RENEW_MS;
    if (isWanted && isDue) await this.put(true);
    if (!isWanted && this.protectedSinceMs !== undefined) await this.put(false);
  }

  private isWanted(): boolean {
    const nowMs = this.now();
    const since = this.protectedSinceMs;
    if (nowMs < this.gapUntilMs) return false;
    return [...this.runningWork].some(
      ({ startedAtMs }) =>
        nowMs - startedAtMs >= this.options.minRunMs && (since === undefined || startedAtMs - since < MAX_PROTECTED_MS),
    );
  }

  private async put(enabled: boolean): Promise<void> {
    const askedAtMs = this.now();
    const response = await fetch(`${this.options.agentUri}/task-protection/v1/state`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(
        enabled ? { ProtectionEnabled: true, ExpiresInMinutes: EXPIRES_MINUTES } : { ProtectionEnabled: false },
      ),
      signal: AbortSignal.timeout(this.options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    // A refusal may come with status 200: `{"failure": {"Reason": …}}` beside the task's ARN.
    if (!response.ok || !isProtection(text))
      throw new Error(`the ECS agent answered ${response.status} ${text.slice(0, 300)}`);
    if (enabled) {
      this.renewedAtMs = askedAtMs;
      this.protectedSinceMs ??= askedAtMs;
      return;
    }
    if (askedAtMs - (this.protectedSinceMs ?? askedAtMs) >= MAX_PROTECTED_MS) this.gapUntilMs = askedAtMs + GAP_MS;
    this.protectedSinceMs = undefined;
  }
}

function isProtection(text: string): boolean {
  try {
    return (JSON.parse(text) as { protection?: unknown }).protection !== undefined;
  } catch {
    return false;
  }
}
