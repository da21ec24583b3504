/**
 * True for JSON Lines and for a JSON array of records. A CSV header in square brackets (`[id],[mitoses]`) is no JSON:
 * a first line of an array must parse.
 * @param text the start of the file without leading blanks
 * @param whole `text` is the whole file
 */
export function looksLikeJsonRecords(text: string, whole: boolean): boolean {
  if (/^\{\s*("|\}|$)/.test(text) || /^\[\s*[{[]\s*["\]}\d{[-]/.test(text)) return true;
  if (!text.startsWith('[')) return false;
  const end = text.indexOf('\n');
  if (end < 0 && !whole) return false;
  try {
    return Array.isArray(JSON.parse(end < 0 ? text : text.slice(0, end)));
  } catch {
    return false;
  }
}
