import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import { type AuditEvent, ObjectKeys, createId } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Principal } from '../http/request-context';

export type AuditOutcome = AuditEvent['outcome'];

/** How long a note may wait to be written; what a killed process has noted since is lost. */
const WRITE_INTERVAL_MS = 1_000;
/** Of one line of the log. */
const EVENTS_PER_LINE = 100;
/** Of one tenant, while the store is away; what comes then stands in the log only. */
const MAX_PENDING = 20_000;

/**
 * Who did what to what, as JSON lines in the log and, write-once, in the store: one object a tenant for all that was noted
 * within a second, so that a prediction costs no write of its own. Deeds that must not go unrecorded wait for `flush`.
 * Ids only.
 */
export class AuditLog {
  private pendingLog: AuditEvent[] = [];
  private pendingStore = new Map<string, AuditEvent[]>();
  private writing: Promise<void> | undefined;
  private readonly writer: PeriodicTask;

  constructor(
    private readonly store: ObjectStore,
    private readonly logger: Logger,
  ) {
    this.writer = new PeriodicTask({ name: 'audit', intervalMs: WRITE_INTERVAL_MS, run: () => this.flush(), logger });
  }

  start(): void {
    this.writer.start();
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    await this.writer.stop();
    await this.flush();
  }

  append(
    { tenant, keyId }: Pick<Principal, 'tenant' | 'keyId'>,
    action: string,
    resource: string,
    outcome: AuditOutcome = 'done',
  ): void {
    const event: AuditEvent = {
      at: new Date().toISOString(),
      actor: { tenant, key_id: keyId },
      action,
      resource,
      outcome,
    };
    this.pendingLog.push(event);
    this.requeue(tenant, [event]);
  }

  /**
   * Resolves when everything noted so far is durable. While the store does not take it, it resolves all the same: the notes
   * are in the log by then, and are written as soon as the store is back.
   */
  async flush(): Promise<void> {
    // A write that is under way does not hold what was noted since it began.
    while (this.writing !== undefined) await this.writing;
    if (this.pendingStore.size === 0) return;
    this.writing = this.write().finally(() => (this.writing = undefined));
    await this.writing;
  }

  private async write(): Promise<void> {
    const { pendingLog, pendingStore } = this;
    this.pendingLog = [];
    this.pendingStore = new Map();
    for (let from = 0; from < pendingLog.length; from += EVENTS_PER_LINE) {
      this.logger.info({ audit: pendingLog.slice(from, from + EVENTS_PER_LINE) }, 'audit');
    }
    await Promise.all([...pendingStore].map(([tenant, events]) => this.writeTenant(tenant, events)));
  }

  private async writeTenant(tenant: string, events: AuditEvent[]): Promise<void> {
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    try {
      await this.store.putOnce(ObjectKeys.audit(tenant, createId('audit_')), Buffer.from(lines), {
        contentType: 'application/x-ndjson',
      });
    } catch (error) {
      this.logger.warn({ err: error, events: events.length }, 'audit events wait for the store');
      this.requeue(tenant, events);
    }
  }

  private requeue(tenant: string, events: AuditEvent[]): void {
    const pending = this.pendingStore.get(tenant);
    if (pending === undefined) this.pendingStore.set(tenant, events);
    else if (pending.length < MAX_PENDING) pending.push(...events);
  }
}
