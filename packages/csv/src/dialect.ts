export type Delimiter = ',' | ';' | '\t' | '|';
export type LineEnd = '\n' | '\r\n' | '\r';

/** How a file writes its rows. A result keeps the dialect of its input. */
export interface Dialect {
  delimiter: Delimiter;
  /**
   * Line end of the header. In '\n' and '\r\n' files both of these end a row and a lone '\r' is content; in '\r'
   * files only '\r' does.
   */
  lineEnd: LineEnd;
  bom: boolean;
}

/** Ordered by precedence: on a tie the earlier delimiter wins. */
export const DELIMITERS: readonly Delimiter[] = [',', ';', '\t', '|'];

export const NUL = 0;
export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const QUOTE = 34;

export function delimiterByte(delimiter: Delimiter): number {
  return delimiter.charCodeAt(0);
}

/** The last byte of a line end: what a scanner has to look for. */
export function lineEndByte(lineEnd: LineEnd): number {
  return lineEnd === '\r' ? CR : LF;
}
