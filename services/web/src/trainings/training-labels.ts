import type { TrainingStatus } from '@cytoqueue/client';

export const STATUS_LABELS: Readonly<Record<TrainingStatus, string>> = {
  queued: 'Waiting in the queue',
  processing: 'Being trained',
  succeeded: 'Trained',
  failed: 'Failed',
  canceled: 'Canceled',
};

/** The schemas that a file may have without a description of its features. */
export const SCHEMA_LABELS: Readonly<Record<string, string>> = {
  wbc: 'Wisconsin grades (wbc)',
  wdbc: 'Diagnostic data (wdbc)',
};

export function schemaLabel(schema: string): string {
  return SCHEMA_LABELS[schema] ?? 'Own features';
}
