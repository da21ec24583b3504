import type { Logger } from './logger';
import { PeriodicTask } from './periodic-task';

/** The protection expires after this time if the process does not renew it. */
const EXPIRES_MINUTES = 10;
const RENEW_MS = (EXPIRES_MINUTES / 2) * 60_000;
const INTERVAL_MS = 5_000;
/** Work that starts after this time of continuous protection does not prolong it, so that ECS can stop the task. */
const MAX_PROTECTED_MS = 30 * 60_000;
/** Unprotected time afterwards: ECS looks for tasks to stop about every minute. */
const GAP_MS = 120_000;
const REQUEST_TIMEOUT_MS = 3_000;

export interface TaskProtectionOptions {
  /** `ECS_AGENT_URI`; undefined outside ECS. */
  agentUri: string | undefined;
  logger: Pick<Logger, 'warn'>;
  /** Work that runs longer protects the task; shorter work ends within the stop timeout. */
  minRunMs: number;
  requestTimeoutMs?: number;
  intervalMs?: number;
  /** A monotonic clock in milliseconds. */
  now?: () => number;
}

/**
 * Asks the ECS agent not to stop this task for scaling in or a deployment while long work runs. Short work never protects, so a
 * task that is always busy with short work can be stopped. Best effort: a failing agent delays no work, and interrupted work is
 * redelivered.
 */
export class TaskProtection {
  /** Start times. */
  private readonly runningWork = new Set<{ startedAtMs: number }>();
  private protectedSinceMs: number | undefined;
  private renewedAtMs = 0;
  /** After a protection of the maximum time the task stays unprotected until then. */
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

  /** Ends the protection; a stopping task has no long work left. */
  async stop(): Promise<void> {
    await this.periodic.stop();
    if (this.protectedSinceMs !== undefined) await this.put(false).catch(() => undefined);
  }

  /** Runs the work and protects the task when it takes long. Never waits for the agent. */
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
    // A refusal may have status 200: `{"failure": {"Reason": …}}` beside the task's ARN.
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
