import type { BatchStatus } from '@cytoqueue/client';

export const STATUS_LABELS: Readonly<Record<BatchStatus, string>> = {
  queued: 'Waiting for its turn',
  processing: 'Being scored',
  finalizing: 'Putting the results together',
  succeeded: 'Finished',
  completed_with_errors: 'Finished, some rows not scored',
  failed: 'Failed',
  canceling: 'Being canceled',
  canceled: 'Canceled',
};

/** The kinds of faults that the reader of files names, in words; any other is shown by its own name. */
const ERROR_LABELS: Readonly<Record<string, string>> = {
  'out-of-range': 'A value outside its range',
  'not-a-number': 'A cell that is no number',
  'not-an-integer': 'A value that is no whole number',
  'too-many-missing': 'Too many values not measured',
  'missing-feature': 'A value not measured',
  'column-count': 'Too few or too many cells in the row',
  'malformed-quotes': 'Quotes that do not match',
  'scoring-failed': 'Could not be scored',
  'shard-failed': 'Could not be scored; a retry may help',
};

export function errorLabel(code: string): string {
  return ERROR_LABELS[code] ?? code.replaceAll(/[-_]/g, ' ').replace(/^./, (first) => first.toUpperCase());
}
