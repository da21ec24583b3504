import type { ReactNode } from 'react';
import { pluralize } from '../ui/format';

const records = (count: number) => pluralize(count, { one: 'record', other: 'records' });

export const TEXTS = {
  title: 'Records',
  newRecord: 'New record',
  loadFailed: 'The records could not be loaded.',
  empty: (link: (text: string) => ReactNode) => <>No record has been sent yet. {link('Enter the first one')}.</>,
  search: 'Search by reference',
  shown: (all: number, hasMore: boolean) => (hasMore ? `The newest ${records(all)}.` : `${records(all)}.`),
  found: (found: number, all: number, hasMore: boolean) =>
    `${records(found)} found among ${hasMore ? 'the newest' : 'all'} ${all}.`,
  showOlder: 'Show older records',
  searchOlder: 'Search older records too',
  reference: 'Reference',
  noReference: 'no reference',
  result: 'Model result',
  probability: 'Probability of malignancy',
  sent: 'Sent',
  unusual: 'Unusual record',
  status: {
    queued: 'waiting',
    processing: 'being scored',
    succeeded: '',
    failed: 'not scored',
    canceled: 'canceled',
  },
};
