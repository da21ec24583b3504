import type { Logger } from '@cytoqueue/runtime';
import { type AuditEvent, ObjectKeys, type ObjectStore, createId } from '@cytoqueue/storage';
import type { Principal } from './context';

/** Who did what to what, in the log and durably in the store. Ids only. */
export class AuditLog {
  constructor(
    private readonly store: ObjectStore,
    private readonly logger: Logger,
  ) {}

  async record({ tenant, keyId }: Principal, action: string, resource: string, outcome: AuditEvent['outcome'] = 'done'): Promise<void> {
    const event: AuditEvent = { at: new Date().toISOString(), actor: { tenant, key_id: keyId }, action, resource, outcome };
    this.logger.info({ audit: event }, 'audit');
    await this.store.putOnce(ObjectKeys.audit(createId('audit_')), Buffer.from(JSON.stringify(event)), { contentType: 'application/json' });
  }
}
