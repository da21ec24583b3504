import { type Logger, PeriodicTask } from '@cytoqueue/runtime';
import { type AuditEvent, ObjectKeys, createId } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';
import type { Principal } from '../http/request-context';

export type AuditOutcome = AuditEvent['outcome'];

/** Write interval. A process that crashes loses the events since its last write. */
const WRITE_INTERVAL_MS = 1_000;
/** Events per log line. */
const EVENTS_PER_LINE = 100;
/** Events per tenant that wait for an unavailable store; further events are in the log only. */
const MAX_PENDING = 20_000;

/**
 * Writes audit events as JSON lines to the log and, write-once, to the store: one object per tenant and second, so that
 * a prediction does not cost a write of its own. Downloads and changes await `flush` before their response; a crash
 * loses at most one second of the rest. Events contain ids only.
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

  /** Writes the pending events. */
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
   * Resolves when all events so far are stored. If the store is unavailable it resolves anyway: the events are in the
   * log and are retried until the store is back.
   */
  async flush(): Promise<void> {
    // A write in progress does not include events appended since it started.
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
      this.logger.info({ audit: pendingLog.slice(from, from + EVENTS_PER_LINE) }, 'audit events');
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
