import type { BatchDocument } from './documents/documents';

/** The columns that follow the input's columns in a batch's errors file. Batches of earlier releases have no row and line numbers. */
export function errorColumns({ import: report }: Pick<BatchDocument, 'import'>): readonly string[] {
  return ['error_code', 'error_detail', ...(report === undefined ? [] : ['row', 'line'])];
}
