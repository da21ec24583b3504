/** Most cells: none of the characters that `plainText` changes or removes. */
const UNCHANGED = /^[\w.]*$/;
const ASCII = /^[\x20-\x7e]*$/;
/** Zero-width characters, marks of direction, soft hyphens, byte order marks. */
const INVISIBLE = /\p{Cf}/gu;
const FULL_WIDTH = /[\uFF0B-\uFF0E\uFF10-\uFF19\uFF1F]/g;
const FULL_WIDTH_OFFSET = 0xfee0;
const MINUS_SIGN = /\u2212/g;
/**
 * Marks by which programs keep a spreadsheet from changing a cell: `="5"`, `'5`, and quotes that a blank put into the
 * cell.
 */
const WRAPPED = /^=?"([^"]*)"$|^'([^']*)'?$/;

/**
 * A cell as its number or missing word is read: full-width digits and signs as ASCII, no invisible characters, no
 * blanks or quotes around it.
 */
export function plainText(text: string): string {
  if (UNCHANGED.test(text)) return text;
  if (ASCII.test(text)) return withoutWrapping(text.trim());
  return withoutWrapping(
    text
      .replace(INVISIBLE, '')
      .replace(FULL_WIDTH, (character) => String.fromCharCode(character.charCodeAt(0) - FULL_WIDTH_OFFSET))
      .replace(MINUS_SIGN, '-')
      .trim(),
  );
}

/** Our own results may have put a mark before a formula, so there can be two of them. */
export function withoutWrapping(text: string): string {
  const match = WRAPPED.exec(text);
  return match === null ? text : withoutWrapping((match[1] ?? match[2] ?? '').trim());
}
