import { userInfo } from 'node:os';
import { type AuditEvent, ObjectKeys, createId } from '@cytoqueue/records';
import type { ObjectStore } from '@cytoqueue/storage';

/** Records an operator's command in the audit log of the installation. Durable when resolved. */
export async function auditCommand(
  store: ObjectStore,
  { action, resource }: Pick<AuditEvent, 'action' | 'resource'>,
): Promise<void> {
  const event: AuditEvent = {
    at: new Date().toISOString(),
    actor: { command: commandActor() },
    action,
    resource,
    outcome: 'done',
  };
  await store.putOnce(ObjectKeys.audit('system', createId('audit_')), Buffer.from(`${JSON.stringify(event)}\n`), {
    contentType: 'application/x-ndjson',
  });
}

export function commandActor(): string {
  return `command by ${userInfo().username}`;
}
