import type { AuditEvent } from '@cytoqueue/client';

export interface AuditFilter {
  key: string;
  action: string;
  outcome: AuditEvent['outcome'] | '';
}

/** Name of the key that acted, with its laboratory; of a command, its name. */
export function actorText({ tenant, key_id }: AuditEvent['actor']): string {
  return tenant === '' ? key_id : `${tenant} / ${key_id}`;
}

export function matches({ actor, action, resource, outcome }: AuditEvent, filter: AuditFilter): boolean {
  const contains = (text: string, part: string) => text.toLowerCase().includes(part.trim().toLowerCase());
  return (
    contains(actorText(actor), filter.key) &&
    (contains(action, filter.action) || contains(resource, filter.action)) &&
    (filter.outcome === '' || outcome === filter.outcome)
  );
}

/** The events as CSV. Cells that a spreadsheet would run as a formula get a leading apostrophe. */
export async function toCsv(events: readonly AuditEvent[]): Promise<string> {
  const { default: papa } = await import('papaparse');
  const rows = events.map(({ at, actor, action, resource, outcome }) => [
    at,
    actorText(actor),
    action,
    resource,
    outcome,
  ]);
  const options = { quotes: true, escapeFormulae: true };
  return `${papa.unparse([['at', 'key', 'action', 'resource', 'outcome'], ...rows], options)}\r\n`;
}
