import { type Logger, Periodic } from '@cytoqueue/runtime';
import { type AuditEvent, ObjectKeys, type ObjectStore, createId } from '@cytoqueue/storage';
import type { Principal } from './context';

export type Outcome = AuditEvent['outcome'];

/** How long a note may wait to be written; what a killed process has noted since is lost. */
const WRITE_EVERY_MS = 1_000;
/** Of one line of the log. */
const EVENTS_A_LINE = 100;
/** Of one tenant, while the store is away; what comes then stands in the log only. */
const MAX_WAITING = 20_000;

/**
 * Who did what to what, as JSON lines in the log and, write-once, in the store: one object a tenant for all that was noted
 * within a second, so that a prediction costs no write of its own. Deeds that must not go unrecorded wait for `flush`.
 * Ids only.
 */
export class AuditLog {
  private unlogged: AuditEvent[] = [];
  private unwritten = new Map<string, AuditEvent[]>();
  private writing: Promise<void> | undefined;
  private readonly writer: Periodic;

  constructor(
    private readonly store: ObjectStore,
    private readonly logger: Logger,
  ) {
    this.writer = new Periodic({ name: 'audit', everyMs: WRITE_EVERY_MS, turn: () => this.flush(), logger });
  }

  start(): void {
    this.writer.start();
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    await this.writer.stop();
    await this.flush();
  }

  note({ tenant, keyId }: Pick<Principal, 'tenant' | 'keyId'>, action: string, resource: string, outcome: Outcome = 'done'): void {
    const event: AuditEvent = { at: new Date().toISOString(), actor: { tenant, key_id: keyId }, action, resource, outcome };
    this.unlogged.push(event);
    this.keep(tenant, [event]);
  }

  /**
   * Resolves when everything noted so far is durable. While the store does not take it, it resolves all the same: the notes
   * are in the log by then, and are written as soon as the store is back.
   */
  async flush(): Promise<void> {
    // A write that is under way does not hold what was noted since it began.
    while (this.writing !== undefined) await this.writing;
    if (this.unwritten.size === 0) return;
    this.writing = this.write().finally(() => (this.writing = undefined));
    await this.writing;
  }

  private async write(): Promise<void> {
    const { unlogged, unwritten } = this;
    this.unlogged = [];
    this.unwritten = new Map();
    for (let from = 0; from < unlogged.length; from += EVENTS_A_LINE) {
      this.logger.info({ audit: unlogged.slice(from, from + EVENTS_A_LINE) }, 'audit');
    }
    await Promise.all([...unwritten].map(([tenant, events]) => this.writeTenant(tenant, events)));
  }

  private async writeTenant(tenant: string, events: AuditEvent[]): Promise<void> {
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    try {
      await this.store.putOnce(ObjectKeys.audit(tenant, createId('audit_')), Buffer.from(lines), { contentType: 'application/x-ndjson' });
    } catch (error) {
      this.logger.warn({ err: error, events: events.length }, 'audit events wait for the store');
      this.keep(tenant, events);
    }
  }

  private keep(tenant: string, events: AuditEvent[]): void {
    const kept = this.unwritten.get(tenant);
    if (kept === undefined) this.unwritten.set(tenant, events);
    else if (kept.length < MAX_WAITING) kept.push(...events);
  }
}
