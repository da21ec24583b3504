/** The header of the test files: an identifier and the nine features by their short names. */
export const HEADER = 'id,V1,V2,V3,V4,V5,V6,V7,V8,V9\n';

/** One valid row. */
export const ROW = '7,5,1,1,1,2,1,3,1,1\n';

/** Valid rows with identifiers `r<from>`, `r<from + 1>` and so on. */
export function rows(count: number, from = 1): string {
  return Array.from({ length: count }, (_, i) => `r${from + i},5,1,1,1,2,1,3,1,${1 + ((from + i) % 10)}\n`).join('');
}
