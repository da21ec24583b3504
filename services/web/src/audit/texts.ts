import type { AuditEvent } from '@cytoqueue/client';
import { pluralize } from '../ui/format';

export const TEXTS = {
  title: 'Audit',
  lead: 'Who did what, and when; newest first. It names keys, never patients.',
  loadFailed: 'The audit log could not be loaded.',
  empty: 'Nothing has been recorded yet.',
  found: (found: number, all: number, hasMore: boolean) =>
    `${pluralize(found, { one: 'entry', other: 'entries' })} among ${hasMore ? 'the newest' : 'all'} ${all}.`,
  showOlder: 'Show older entries',
  filter: 'Filter the audit log',
  key: 'Key',
  actionOrResource: 'Action or resource',
  when: 'When',
  action: 'Action',
  resource: 'Resource',
  outcome: 'Outcome',
  anyOutcome: 'All',
  outcomes: { done: 'Done', denied: 'Denied', failed: 'Failed' } satisfies Record<AuditEvent['outcome'], string>,
  readingLog: 'Reading the log …',
  export: 'Export as CSV',
  isCut: (entries: number) => `The file holds the newest ${entries} entries only.`,
  exportFailed: 'The log was not exported.',
};
