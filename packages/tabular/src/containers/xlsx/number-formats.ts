import { parseWholeXml, type XmlAttributes, type XmlHandler } from '../xml';

/** Built-in formats that show a date, a time or both; 27 to 36 and 50 to 58 are those of East Asian versions. */
const DATE_FORMATS = [
  [14, 22],
  [27, 36],
  [45, 47],
  [50, 58],
] as const;
const DAY_MS = 86_400_000;

/** Tells of each cell style whether it shows its number as a date. */
export class DateStyles implements XmlHandler {
  private readonly styles: boolean[] = [];
  private readonly customDates = new Set<number>();
  private inCellFormats = false;

  static async read(bytes: AsyncIterable<Uint8Array>): Promise<DateStyles> {
    const styles = new DateStyles();
    await parseWholeXml(bytes, styles);
    return styles;
  }

  isDate(style: string | undefined): boolean {
    return style !== undefined && this.styles[Number(style)] === true;
  }

  open(name: string, attributes: XmlAttributes): void {
    if (name === 'numFmt' && showsDate(attributes['formatCode'] ?? ''))
      this.customDates.add(Number(attributes['numFmtId']));
    else if (name === 'cellXfs') this.inCellFormats = true;
    else if (name === 'xf' && this.inCellFormats) this.styles.push(this.isDateFormat(Number(attributes['numFmtId'])));
  }

  close(name: string): void {
    if (name === 'cellXfs') this.inCellFormats = false;
  }

  private isDateFormat(id: number): boolean {
    return this.customDates.has(id) || DATE_FORMATS.some(([first, last]) => id >= first && id <= last);
  }
}

/**
 * A format code shows a date when a date's letter is left once quoted text, colours, locales and padding are removed.
 */
function showsDate(code: string): boolean {
  const first = code.split(';')[0] as string;
  const bare = first.replace(/"[^"]*"|\\.|[_*]./g, '').replace(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '');
  return !/general/i.test(bare) && /[ymdhs]/i.test(bare);
}

/**
 * A serial day number as ISO 8601: a date, a time of day, or both. Undefined for numbers that are no date of Excel's.
 */
export function isoDate(serial: number, since1904: boolean): string | undefined {
  if (!(serial >= 0 && serial < 2_958_466)) return undefined;
  const seconds = Math.round(serial * 86_400) / 86_400;
  const day = Math.floor(seconds);
  const milliseconds = Math.round((seconds - day) * DAY_MS);
  // Excel counts a 29 February 1900 that never was.
  const epochDays = since1904 ? day - 24_107 : day - 25_569 + (day < 60 ? 1 : 0);
  const [date, time] = new Date(epochDays * DAY_MS + milliseconds).toISOString().split('T') as [string, string];
  if (milliseconds === 0 && serial >= 1) return date;
  const clock = time.slice(0, 8);
  return serial < 1 ? clock : `${date}T${clock}`;
}
