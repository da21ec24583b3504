import type { BatchRow } from '@cytoqueue/client';
import { formatCount } from '../../ui/format';
import { TEXTS } from './texts';

/** The lab's own identifier, or the row's number where the file has none. */
export function rowTitle({ sample_id, row }: Pick<BatchRow, 'sample_id' | 'row'>): string {
  return sample_id === null || sample_id.trim() === '' ? TEXTS.row(formatCount(row)) : sample_id;
}
