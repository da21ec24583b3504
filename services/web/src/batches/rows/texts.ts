import { pluralize } from '../../ui/format';

const rowsText = (count: number) => pluralize(count, { one: 'row', other: 'rows' });
const whose = (idPrefix: string) => (idPrefix === '' ? '' : ` whose reference begins with “${idPrefix}”`);

export const TEXTS = {
  row: (row: string) => `Row ${row}`,
  undecided: 'Undecided',
  likely: (name: string) => `Likely ${name}`,
  notMeasured: (features: readonly string[]) => `Not measured: ${features.join(', ')}`,
  rowEvidence: {
    computing: 'A worker computes the evidence …',
    loadFailed: 'The evidence could not be loaded.',
    unusual: 'What is unusual',
  },
  rowPage: {
    title: 'Row of a batch',
    batches: 'Batches',
    unnamed: 'unnamed file',
    place: (row: string) => `Row ${row} of the results · not a medical device`,
    printed: (file: string, batch: string, row: number) => `${file}, ${batch}, row ${row}`,
    print: 'Print',
    values: 'Values in the file',
    systemError: 'Not scored: system error',
    invalid: 'Not scored: invalid row',
    favours: (name: string) => `The model favours ${name} but is not certain enough to classify the record.`,
    unusual: 'The record is unlike the training cases, so its probability says little; treat as undecided.',
    noDiagnosis: 'No diagnosis and no C1 to C5 category.',
    noneFollows: 'No undecided row follows. Back to the batch',
    next: (row: string) => `Next undecided row (${row})`,
    unknown: 'No such row',
    failed: 'The row could not be shown',
    loadFailed: 'The row could not be loaded.',
    back: 'Back to the batch',
  },
  rowsPanel: {
    title: 'Rows',
    lead: 'In the order of the file, 25 at a time. Open a row to see its values and to record a review.',
    unusualRows: 'Unusual',
    all: 'All rows',
    filter: 'Show rows',
    loadFailed: 'The rows could not be loaded.',
    showMore: 'Show more rows',
    noReference:
      'No column of this file was read as the reference, so its rows cannot be searched. Empty the search to see them again.',
    noRow: (idPrefix: string, hasMore: boolean) => `No row${whose(idPrefix)}${hasMore ? ' so far' : ''}.`,
    shown: (rows: number, idPrefix: string, hasMore: boolean) =>
      `${hasMore ? 'The first ' : ''}${rowsText(rows)}${whose(idPrefix)}.`,
    search: 'Reference begins with',
    submit: 'Search',
    table: 'Result rows',
    reference: 'Reference',
    result: 'Model result',
    probability: 'Probability',
    probabilityOf: (subject: string) => `Probability of ${subject}`,
    reason: 'Reason',
    row: 'Row',
    systemError: 'System error',
    invalid: 'Invalid',
    unusual: 'Unusual record',
  },
};
