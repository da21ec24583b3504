import { CR, TAB } from '../dialect';

/** 1 for the first bytes that make a cell's text a formula to some spreadsheet, unless it is a number. */
export const FORMULA_STARTS = new Uint8Array(256);
for (const byte of [...Buffer.from('=+-@'), TAB, CR]) FORMULA_STARTS[byte] = 1;
