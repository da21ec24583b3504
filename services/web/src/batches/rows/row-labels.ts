import type { BatchRow } from '@cytoqueue/client';
import { formatCount } from '../../ui/format';

/** The lab's own identifier, or the row's number where the file has none. */
export function rowTitle({ sample_id, row }: Pick<BatchRow, 'sample_id' | 'row'>): string {
  return sample_id === null || sample_id.trim() === '' ? `Row ${formatCount(row)}` : sample_id;
}
