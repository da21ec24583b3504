import type { BatchDocument } from './documents/documents';

/** The columns behind the input's own in a batch's errors file. Batches of earlier releases have no row and line numbers. */
export function errorColumns({ import: report }: Pick<BatchDocument, 'import'>): readonly string[] {
  return ['error_code', 'error_detail', ...(report === undefined ? [] : ['row', 'line'])];
}
