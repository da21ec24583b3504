import { type Logger, Periodic } from '@cytoqueue/runtime';

/** What is protected for no longer than this is free again by itself if this process cannot say so. */
const EXPIRES_MINUTES = 10;
const RENEW_MS = (EXPIRES_MINUTES / 2) * 60_000;
const EVERY_MS = 5_000;
/** The next shard mostly follows at once; Amazon ECS throttles those who change their mind too often. */
const LINGER_MS = 10_000;
const REQUEST_TIMEOUT_MS = 3_000;

export interface TaskProtectionOptions {
  /** `ECS_AGENT_URI`; without one there is nothing to protect from. */
  agentUri: string | undefined;
  logger: Pick<Logger, 'warn'>;
  lingerMs?: number;
  requestTimeoutMs?: number;
  everyMs?: number;
}

/**
 * Asks Amazon ECS not to choose this task when it scales in or deploys while there is work in hand, by the endpoint of the
 * agent beside the task. A courtesy, not a promise: an agent that refuses or is away delays no work, and what a stopped
 * task had in hand is delivered again.
 */
export class TaskProtection {
  private inHand = 0;
  private idleSinceMs = -Infinity;
  /** When ECS was last told to protect this task; undefined while it does not. */
  private protectedAtMs: number | undefined;
  private telling: Promise<void> | undefined;
  private readonly periodic: Periodic;
  private readonly lingerMs: number;

  constructor(private readonly options: TaskProtectionOptions) {
    this.lingerMs = options.lingerMs ?? LINGER_MS;
    const { logger, everyMs = EVERY_MS } = options;
    this.periodic = new Periodic({ name: 'task protection', everyMs, logger, turn: () => this.tell() });
  }

  start(): void {
    if (this.options.agentUri !== undefined) this.periodic.start();
  }

  /** Gives the protection back, for a task that stops has nothing to protect any more. */
  async stop(): Promise<void> {
    await this.periodic.stop();
    await this.telling?.catch(() => undefined);
    if (this.protectedAtMs !== undefined) await this.put(false).catch(() => undefined);
  }

  /** Does the work under protection, without waiting for it to be granted. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.inHand++;
    // A failure is logged by the next periodic turn, which meets it too.
    if (this.protectedAtMs === undefined) this.tell().catch(() => undefined);
    try {
      return await work();
    } finally {
      if (--this.inHand === 0) this.idleSinceMs = Date.now();
    }
  }

  private tell(): Promise<void> {
    if (this.options.agentUri === undefined) return Promise.resolve();
    this.telling ??= this.tellNow().finally(() => (this.telling = undefined));
    return this.telling;
  }

  private async tellNow(): Promise<void> {
    const wanted = this.inHand > 0 || Date.now() - this.idleSinceMs < this.lingerMs;
    const { protectedAtMs } = this;
    if (wanted && (protectedAtMs === undefined || Date.now() - protectedAtMs >= RENEW_MS)) await this.put(true);
    if (!wanted && protectedAtMs !== undefined) await this.put(false);
  }

  private async put(enabled: boolean): Promise<void> {
    const askedAtMs = Date.now();
    const response = await fetch(`${this.options.agentUri}/task-protection/v1/state`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(enabled ? { ProtectionEnabled: true, ExpiresInMinutes: EXPIRES_MINUTES } : { ProtectionEnabled: false }),
      signal: AbortSignal.timeout(this.options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    // A refusal may come with status 200: `{"failure": {"Reason": …}}` beside the task's ARN.
    if (!response.ok || !isProtection(text)) throw new Error(`the ECS agent answered ${response.status} ${text.slice(0, 300)}`);
    this.protectedAtMs = enabled ? askedAtMs : undefined;
  }
}

function isProtection(text: string): boolean {
  try {
    return (JSON.parse(text) as { protection?: unknown }).protection !== undefined;
  } catch {
    return false;
  }
}
