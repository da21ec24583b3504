import { TabularError } from '../../error';
import { parseWholeXml, type XmlHandler } from '../xml';

const BLOCK_BYTES = 1024 * 1024;
/** Beyond this the table would take the memory that the bounded conversion has. */
const MAX_BYTES = 96 * 1024 * 1024;
const MAX_TEXTS = 4_000_000;
const MAX_DECODED = 4096;

/**
 * The texts that the cells of a workbook refer to by number. Excel keeps every distinct text here, identifiers
 * included, so a million of them are common: they are held as UTF-8 in large blocks, a tenth of what as many strings
 * would take.
 */
export class SharedStrings {
  private readonly blocks: Buffer[] = [];
  private used = BLOCK_BYTES;
  private bytes = 0;
  private starts = new Float64Array(1024);
  private lengths = new Uint32Array(1024);
  private readonly decoded = new Map<number, string>();
  count = 0;

  /** @throws TabularError `too-many-texts` */
  static async read(bytes: AsyncIterable<Uint8Array>): Promise<SharedStrings> {
    const strings = new SharedStrings();
    await parseWholeXml(bytes, new SharedStringsHandler(strings));
    return strings;
  }

  add(text: string): void {
    const length = Buffer.byteLength(text);
    this.bytes += length;
    if (this.bytes > MAX_BYTES || this.count === MAX_TEXTS) throw tooManyTexts();
    // An empty first text needs a block too.
    if (this.used + length >= BLOCK_BYTES) {
      this.blocks.push(Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, length)));
      this.used = 0;
    }
    if (this.count === this.starts.length) this.grow();
    (this.blocks.at(-1) as Buffer).write(text, this.used);
    this.starts[this.count] = (this.blocks.length - 1) * BLOCK_BYTES + this.used;
    this.lengths[this.count] = length;
    this.used += length;
    this.count++;
  }

  /** Undefined where the table has no such entry. */
  get(index: number): string | undefined {
    const known = this.decoded.get(index);
    if (known !== undefined) return known;
    const start = this.starts[index];
    if (start === undefined || !(index < this.count)) return undefined;
    const block = this.blocks[Math.floor(start / BLOCK_BYTES)] as Buffer;
    const offset = start % BLOCK_BYTES;
    const text = block.toString('utf8', offset, offset + (this.lengths[index] as number));
    if (this.decoded.size < MAX_DECODED) this.decoded.set(index, text);
    return text;
  }

  private grow(): void {
    const starts = new Float64Array(this.count * 2);
    const lengths = new Uint32Array(this.count * 2);
    starts.set(this.starts);
    lengths.set(this.lengths);
    this.starts = starts;
    this.lengths = lengths;
  }
}

/** Joins the runs of formatted text and leaves out how it is pronounced (`rPh`). */
class SharedStringsHandler implements XmlHandler {
  private text_ = '';
  private inText = false;
  private inPhonetic = false;

  constructor(private readonly strings: SharedStrings) {}

  open(name: string): void {
    if (name === 'si') this.text_ = '';
    else if (name === 'rPh') this.inPhonetic = true;
    else if (name === 't') this.inText = !this.inPhonetic;
  }

  text(text: string): void {
    if (this.inText) this.text_ += text;
  }

  close(name: string): void {
    if (name === 't') this.inText = false;
    else if (name === 'rPh') this.inPhonetic = false;
    else if (name === 'si') this.strings.add(unescapeText(this.text_));
  }
}

/** Excel writes characters that XML has no place for as `_x000D_`. */
export function unescapeText(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

function tooManyTexts(): TabularError {
  return new TabularError(
    'too-many-texts',
    'The workbook holds more than 4 million distinct texts, or 96 MiB of them. Save the sheet as CSV UTF-8 and ' +
      'send that.',
  );
}
