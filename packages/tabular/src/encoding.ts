import { isAscii } from 'node:buffer';
import { asBuffer, countByte, findInvalidText, incompleteUtf8Tail } from '@cytoqueue/csv';
import iconv from 'iconv-lite';
import { TabularError } from './error';
import type { ImportLog } from './report';
import { isWesternText } from './western-text';

/**
 * Bytes that are looked at to tell the encoding: from the start of the file, and again from the first byte that is not
 * ASCII.
 */
const WINDOW_BYTES = 64 * 1024;
const NUL = 0;
const LF = 10;
const BOM = '\uFEFF';
/** Other names of encodings, as browsers read them (WHATWG Encoding Standard). */
const LABELS: Readonly<Record<string, string>> = {
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  ascii: 'utf-8',
  'iso-8859-1': 'windows-1252',
  'iso8859-1': 'windows-1252',
  latin1: 'windows-1252',
  'iso_8859-1': 'windows-1252',
  l1: 'windows-1252',
  cp1252: 'windows-1252',
  'x-cp1252': 'windows-1252',
  win1252: 'windows-1252',
  'utf-16': 'utf-16le',
  utf16le: 'utf-16le',
  unicode: 'utf-16le',
};
const ADVICE =
  'save it as "CSV UTF-8", or send it with the parameter charset=, such as charset=windows-1252 for Western European text';

/** The name of a declared encoding. @throws TabularError `unsupported-charset` */
export function resolveCharset(label: string): string {
  const name = label
    .trim()
    .toLowerCase()
    .replace(/^"(.*)"$/, '$1');
  const resolved = LABELS[name] ?? name;
  const isText = /^(utf|windows|cp|ibm|iso|koi8|mac|gb|big5|shift|sjis|euc|tis|us-)/.test(resolved);
  if (isText && !resolved.startsWith('utf-32') && iconv.encodingExists(resolved)) return resolved;
  throw new TabularError(
    'unsupported-charset',
    `the charset ${JSON.stringify(label)} is not known; save the file as "CSV UTF-8", or send it with charset=utf-8, utf-16le, windows-1252 or another name of the IANA list`,
  );
}

/** The encoding that the first bytes give away by themselves: a byte order mark, or the zeros of UTF-16. */
function encodingOfFirstBytes(bytes: Buffer): string | undefined {
  if (bytes.length >= 4 && (bytes.readUInt32LE() === 0xfeff || bytes.readUInt32BE() === 0xfeff)) {
    throw new TabularError('not-utf8', `the file is UTF-32; ${ADVICE}`);
  }
  if (bytes.length >= 3 && bytes.readUIntBE(0, 3) === 0xefbbbf) return 'utf-8';
  if (bytes.length >= 2 && bytes.readUInt16LE() === 0xfeff) return 'utf-16le';
  if (bytes.length >= 2 && bytes.readUInt16BE() === 0xfeff) return 'utf-16be';
  return utf16WithoutMark(bytes.subarray(0, 1_024));
}

/** In UTF-16 text of a table nearly every other byte is zero, and no byte of the other half is. */
function utf16WithoutMark(bytes: Buffer): string | undefined {
  const zerosAt = (parity: number) =>
    bytes.reduce((sum, byte, at) => sum + Number(byte === NUL && at % 2 === parity), 0);
  const [first, second] = [zerosAt(0), zerosAt(1)];
  const most = (bytes.length / 2) * 0.7;
  if (bytes.length < 4 || first + second === 0) return undefined;
  if (first === 0 && second > most) return 'utf-16le';
  return second === 0 && first > most ? 'utf-16be' : undefined;
}

/** Turns text bytes of any supported encoding into UTF-8 bytes without a byte order mark. */
export class TextDecoding {
  /** Complete when the bytes have been read. A file of ASCII alone is UTF-8. */
  encoding = 'utf-8';
  /** Line feeds in what was passed on, and its last byte. */
  private lines = 0;
  private previous = LF;

  /** @param declared by the request or a profile; a byte order mark goes before it */
  constructor(
    private readonly declared: string | undefined,
    private readonly log: ImportLog,
  ) {}

  async *decode(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
    const chunks = source[Symbol.asyncIterator]();
    const declared = this.declared === undefined ? undefined : resolveCharset(this.declared);
    try {
      const { bytes: first } = await readWindow(chunks, Buffer.alloc(0), 1_024);
      const known = encodingOfFirstBytes(first) ?? declared;
      if (known !== undefined) {
        this.encoding = known;
        return yield* this.withoutMarks(this.decodeKnown(first, chunks));
      }
      let bytes = first;
      for (;;) {
        if (!isAscii(bytes)) return yield* this.decodeKnown(await this.detect(bytes, chunks), chunks);
        if (bytes.length > 0) yield this.passOn(bytes);
        const next = await chunks.next();
        if (next.done === true) return;
        bytes = asBuffer(next.value);
      }
    } finally {
      await chunks.return?.();
    }
  }

  /** Decides the encoding by the bytes from the first one that is not ASCII; returns what was read for it. */
  private async detect(first: Buffer, chunks: AsyncIterator<Uint8Array>): Promise<Buffer> {
    const { bytes, final } = await readWindow(chunks, first, WINDOW_BYTES);
    const bad = findInvalidText(final ? bytes : bytes.subarray(0, bytes.length - incompleteUtf8Tail(bytes)));
    if (bad < 0 || bytes[bad] === NUL) return bytes;
    if (!isWesternText(final ? bytes : withoutLastWord(bytes), this.previous)) throw this.notUtf8(bytes, bad);
    this.encoding = 'windows-1252';
    return bytes;
  }

  private async *decodeKnown(first: Buffer, chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Buffer> {
    const decoder = this.encoding === 'utf-8' ? new WholeSequences() : new IconvDecoder(this.encoding);
    for (let bytes = first; ;) {
      const decoded = this.passOn(decoder.write(bytes));
      if (decoded.length > 0) yield decoded;
      const next = await chunks.next();
      if (next.done === true) break;
      bytes = asBuffer(next.value);
    }
    const last = this.passOn(decoder.end());
    if (last.length > 0) yield last;
  }

  private async *withoutMarks(decoded: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const mark = Buffer.from(BOM);
    let marks = 0;
    let started = false;
    for await (let bytes of decoded) {
      for (; !started && bytes.indexOf(mark) === 0; marks++) bytes = bytes.subarray(mark.length);
      started ||= bytes.length > 0;
      if (bytes.length > 0) yield bytes;
    }
    if (marks > 1)
      this.log.repair('byte-order-marks', `${marks} byte order marks at the start of the file were left out.`);
  }

  /** The same bytes, checked to be UTF-8 without NUL. */
  private passOn(bytes: Buffer): Buffer {
    const bad = findInvalidText(bytes);
    if (bad >= 0 && bytes[bad] !== NUL) throw this.notUtf8(bytes, bad);
    if (bad >= 0) {
      const detail = 'the file holds a NUL byte: this is no CSV text; save it as "CSV UTF-8" and send it again';
      throw new TabularError('nul-byte', detail, { line: this.lines + 1 + countByte(bytes, LF, 0, bad) });
    }
    this.lines += countByte(bytes, LF);
    this.previous = bytes.at(-1) ?? this.previous;
    return bytes;
  }

  private notUtf8(bytes: Buffer, bad: number): TabularError {
    const claim =
      this.declared === undefined
        ? 'is not UTF-8, and its bytes do not say what else it is'
        : 'was declared as UTF-8 and is not';
    const line = this.lines + 1 + countByte(bytes, LF, 0, bad);
    return new TabularError('not-utf8', `the file ${claim} (line ${line}); ${ADVICE}`, { line });
  }
}

/** Reads on until there are so many bytes and the last of them is ASCII, so that no sequence is cut; within limits. */
async function readWindow(
  chunks: AsyncIterator<Uint8Array>,
  first: Buffer,
  size: number,
): Promise<{ bytes: Buffer; final: boolean }> {
  const parts = [first];
  const most = Math.max(first.length, size) + size;
  for (let length = first.length, last = first.at(-1) ?? 0; length < size || (last >= 0x80 && length < most);) {
    const next = await chunks.next();
    if (next.done === true) return { bytes: Buffer.concat(parts), final: true };
    parts.push(asBuffer(next.value));
    length += next.value.length;
    last = next.value.at(-1) ?? last;
  }
  return { bytes: parts.length === 1 ? first : Buffer.concat(parts), final: false };
}

/** Up to the last blank, delimiter or line end, so that no letter loses its neighbour. */
function withoutLastWord(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && !/[\s,;|]/.test(String.fromCharCode(bytes[end - 1]!))) end--;
  return bytes.subarray(0, end);
}

/** Passes UTF-8 on in pieces that do not end within a character. */
class WholeSequences {
  private rest: Buffer = Buffer.alloc(0);

  write(chunk: Buffer): Buffer {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const length = bytes.length - incompleteUtf8Tail(bytes);
    this.rest = Buffer.from(bytes.subarray(length));
    return bytes.subarray(0, length);
  }

  end(): Buffer {
    return this.rest;
  }
}

class IconvDecoder {
  private readonly decoder;

  constructor(private readonly encoding: string) {
    this.decoder = iconv.getDecoder(encoding, { stripBOM: false });
  }

  write(bytes: Buffer): Buffer {
    return this.check(this.decoder.write(bytes));
  }

  end(): Buffer {
    return this.check(this.decoder.end() ?? '');
  }

  private check(text: string): Buffer {
    // A table of a single-byte encoding has U+FFFD only for bytes that stand for nothing.
    if (text.includes('\uFFFD') && !this.encoding.startsWith('utf')) {
      throw new TabularError(
        'undecodable-bytes',
        `the file holds bytes that ${this.encoding} does not have; ${ADVICE}`,
      );
    }
    return Buffer.from(text);
  }
}
