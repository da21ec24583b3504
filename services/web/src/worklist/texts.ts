import { formatCount, pluralize } from '../ui/format';

export const TEXTS = {
  title: 'Worklist',
  lead: 'Results without a review, from single records and files, the newest first. Open one to record a second reader’s decision; it then leaves this list.',
  filter: 'Show results',
  filters: { indeterminate: 'Undecided', confident: 'Confident', all: 'All' },
  loadFailed: 'The worklist could not be loaded.',
  empty: 'Nothing waits for a review.',
  shown: (results: number, hasMore: boolean) =>
    hasMore ? `The newest ${formatCount(results)}.` : `${pluralize(results, { one: 'result', other: 'results' })}.`,
  showMore: 'Show more',
  reference: 'Reference',
  noReference: 'no reference',
  source: 'Source',
  singleRecord: 'single record',
  unnamedFile: 'unnamed file',
  row: (row: string) => `row ${row}`,
  reason: 'Reason',
  unusual: 'Unusual record',
  noReason: 'none, confident result',
  probability: 'Probability',
  probabilityOfMalignancy: 'Probability of malignancy',
  sent: 'Sent',
};
