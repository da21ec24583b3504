import type { BatchStatus } from '@cytoqueue/client';

export const STATUS_LABELS: Readonly<Record<BatchStatus, string>> = {
  queued: 'Waiting in the queue',
  processing: 'Being scored',
  finalizing: 'Writing the results',
  succeeded: 'Finished',
  completed_with_errors: 'Finished, some rows not scored',
  failed: 'Failed',
  canceling: 'Being canceled',
  canceled: 'Canceled',
};

/** Labels of row error codes; an unknown code is shown as it is. */
const ERROR_LABELS: Readonly<Record<string, string>> = {
  'out-of-range': 'A value outside its range',
  'not-a-number': 'A cell that is not a number',
  'not-an-integer': 'A value that is not a whole number',
  'too-many-missing': 'Too many missing values',
  'missing-feature': 'A missing value',
  'column-count': 'Too few or too many cells in the row',
  'malformed-quotes': 'Unbalanced quotes',
  'scoring-failed': 'Could not be scored',
  'shard-failed': 'Could not be scored; a retry may help',
};

export function errorLabel(code: string): string {
  return ERROR_LABELS[code] ?? code.replaceAll(/[-_]/g, ' ').replace(/^./, (first) => first.toUpperCase());
}
