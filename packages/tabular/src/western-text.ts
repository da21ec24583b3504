/**
 * Whether bytes that are not UTF-8 have the same meaning in Windows-1252, Windows-1250 and ISO 8859: every byte beyond
 * ASCII is the same character in all of them, at a plausible position. Text in DOS, Macintosh, Cyrillic, Greek and
 * Asian encodings fails: its letters are other bytes, or follow each other directly.
 * @param previous the byte before the first one
 */
export function isWesternText(bytes: Uint8Array, previous: number): boolean {
  let run = 0;
  let touchesLetter = false;
  for (let at = 0; at <= bytes.length; at++) {
    const byte = bytes[at] ?? SPACE;
    if (byte < 0x80) {
      if (run > 0 && !(touchesLetter || isLetter(byte))) return false;
      run = 0;
      touchesLetter = false;
      continue;
    }
    if (SIGNS.has(byte) && isPlausibleSign(bytes, at, previous)) continue;
    if (!LETTERS.has(byte)) return false;
    if (run === 0) touchesLetter = isLetter(bytes[at - 1] ?? previous);
    if (++run > MAX_RUN) return false;
  }
  return true;
}

const SPACE = 32;
const MAX_RUN = 2;
const LETTERS = codes('ÁÂÄÇÉËÍÎÓÔÖÚÜÝßáâäçéëíîóôöúüý');
/** ° § µ ± × · » « NBSP, and the Windows-1252 codes of quotes, dashes, euro and ellipsis. */
const SIGNS = new Set([...codes('°§µ±×·»«\u00A0²³'), 0x80, 0x84, 0x85, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97]);
const APOSTROPHE = 0x92;
const MICRO = 0xb5;

function codes(characters: string): Set<number> {
  return new Set(Array.from(characters, (character) => character.charCodeAt(0)));
}

/**
 * In a DOS file these bytes are letters within words; signs, except the apostrophe, occur only at the edge of a word.
 */
function isPlausibleSign(bytes: Uint8Array, at: number, previous: number): boolean {
  const before = isLetter(bytes[at - 1] ?? previous);
  const after = isLetter(bytes[at + 1] ?? SPACE);
  const byte = bytes[at];
  if (byte === 0xb2 || byte === 0xb3) return before && !after;
  if (byte === MICRO) return !before;
  return byte === APOSTROPHE || !(before && after);
}

function isLetter(byte: number): boolean {
  return (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || (byte >= 0x80 && LETTERS.has(byte));
}
