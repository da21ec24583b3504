import type { BatchStatus } from '@cytoqueue/client';
import type { ReactNode } from 'react';

export const TEXTS = {
  batches: 'Batches',
  status: {
    queued: 'Waiting in the queue',
    processing: 'Being scored',
    finalizing: 'Writing the results',
    succeeded: 'Finished',
    completed_with_errors: 'Finished, some rows not scored',
    failed: 'Failed',
    canceling: 'Being canceled',
    canceled: 'Canceled',
  } satisfies Record<BatchStatus, string>,
  batchesPage: {
    importProfiles: 'Import profiles',
    upload: 'Upload a file',
    loadFailed: 'The batches could not be loaded.',
    empty: (link: (text: string) => ReactNode) => (
      <>No file has been uploaded yet. {link('Upload the first one')}: a CSV file with one record a row.</>
    ),
    showOlder: 'Show older batches',
    file: 'File',
    state: 'State',
    rows: 'Rows',
    results: 'Model results',
    confident: 'confident',
    undecided: 'undecided',
    notScored: 'Not scored',
    sent: 'Sent',
    unnamed: 'unnamed',
    inProgress: (state: string, percent: number) => `${state} (${percent} %)`,
    resultCount: (count: string, name: string) => `${count}\u00a0${name}`,
  },
  /** Row errors by their code. */
  rowErrors: {
    'out-of-range': 'A value outside its range',
    'not-a-number': 'A cell that is not a number',
    'not-an-integer': 'A value that is not a whole number',
    'too-many-missing': 'Too many missing values',
    'missing-feature': 'A missing value',
    'column-count': 'Too few or too many cells in the row',
    'malformed-quotes': 'Unbalanced quotes',
    'scoring-failed': 'Could not be scored',
    'shard-failed': 'Could not be scored; a retry may help',
  } as Readonly<Record<string, string>>,
  errorBreakdown: {
    kind: 'Kind',
    bar: 'Bar',
    rows: 'Rows',
  },
  uploadErrorNotice: {
    row: (row: number) => `Row ${row}: `,
    column: (column: string) => `${column}: `,
    more: (count: number) => `and ${count} more`,
    tryAgain: 'Try again',
  },
  driftBanner: {
    similar: (
      <>
        <strong>Similar to the training data.</strong> The values of every column are distributed as in the cases that
        the model was trained on.
      </>
    ),
    tooFewRows: (
      <>
        <strong>Too few rows to compare with the training data.</strong> At least 30 rows are needed; each result still
        says whether its own record is unusual.
      </>
    ),
    unlike: (isScored: boolean) =>
      `This file is unlike the training data. Do not ${isScored ? 'rely on its results' : 'score it before you know why'}.`,
    differs: 'This file differs from the training data',
    unlikeText:
      'The model has not been tested on values like these, and its results may be wrong even where they look confident.',
    differsText:
      'The results may be less accurate than in the model’s tests. Compare some values with the slides or the source of the file.',
    noColumn: 'No single column stands out; the values are shifted as a whole.',
    columns: (columns: readonly string[]) => `${columns.join(', ')}:`,
    /** In standard deviations of the training data. */
    effect: (least: string, most: string) =>
      `Effect size ${least === most ? most : `${least} to ${most}`} standard deviations.`,
  },
  /** Likely causes of a difference from the training data, as clauses. */
  driftCauses: {
    factor_ten:
      'ten, a hundred or a thousand times too large or too small. A decimal point may be missing or misplaced.',
    unit: 'probably another unit of measurement.',
    magnification: 'probably another magnification or pixel size.',
    logarithm: 'probably logarithms in place of the values.',
    square_root: 'probably square roots in place of the values.',
    swapped: 'probably columns in the wrong order, or under each other’s names.',
    other_scale: 'probably another grade scale, such as 0 to 9 or 1 to 5 in place of 1 to 10.',
    constant: 'the same value in nearly every row.',
    not_measured: 'not measured in most rows.',
  } as Readonly<Record<string, string>>,
  unknownDriftCause:
    'graded or measured differently. Possible causes are another reader, another stain or other patients.',
  driftView: {
    title: 'Compared with the training data',
    lead: 'Difference between the distributions of each column (population stability index): below 0.1 similar, above 0.25 a different population, for which the model’s performance may differ.',
    column: 'Column',
    bar: 'Bar',
    index: 'Index',
    reading: 'Reading',
    similar: 'similar',
    somewhatDifferent: 'somewhat different',
    different: 'different',
  },
};
