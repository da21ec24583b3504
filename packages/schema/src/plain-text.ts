const ASCII = /^[\x20-\x7e]*$/;
/** Zero-width characters, marks of direction, soft hyphens, byte order marks. */
const INVISIBLE = /\p{Cf}/gu;
const FULL_WIDTH = /[\uFF0B-\uFF0E\uFF10-\uFF19\uFF1F]/g;
const FULL_WIDTH_OFFSET = 0xfee0;
const MINUS_SIGN = /\u2212/g;

/** A cell as its number or missing word is read: full-width digits and signs as ASCII, no invisible characters, no blanks around it. */
export function plainText(text: string): string {
  if (ASCII.test(text)) return text.trim();
  return text
    .replace(INVISIBLE, '')
    .replace(FULL_WIDTH, (character) => String.fromCharCode(character.charCodeAt(0) - FULL_WIDTH_OFFSET))
    .replace(MINUS_SIGN, '-')
    .trim();
}
