import { TextDecoder } from 'node:util';
import { SaxesParser } from 'saxes';
import { TabularError } from '../error';
import { markedEncoding } from './first-bytes';
import { asDamagedFile } from './file-damage';

export type XmlAttributes = Record<string, string>;

/** Called in document order with names without their prefix, which differs from writer to writer. */
export interface XmlHandler {
  open(name: string, attributes: XmlAttributes): void;
  /** The whole text between two tags. */
  text?(text: string): void;
  close?(name: string): void;
}

/** Workbooks nest some ten elements deep; deeper ones would fill the memory with open elements. */
const MAX_DEPTH = 64;
/**
 * More bytes than this between two tags would be collected in memory. A cell of Excel holds at most 32,767
 * characters.
 */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;

/**
 * Parses XML while it is read and yields after each chunk, so that the caller can pass on what the handler has
 * collected. Entities of a document type are not expanded.
 * @throws TabularError `damaged-file` unless the document is well-formed
 */
export async function* parseXml(bytes: AsyncIterable<Uint8Array>, handler: XmlHandler): AsyncGenerator<void> {
  const feed = new XmlFeed(handler);
  let decoder: TextDecoder | undefined;
  try {
    for await (const chunk of bytes) {
      decoder ??= new TextDecoder(markedEncoding(chunk), { fatal: true });
      feed.write(decoder.decode(chunk, { stream: true }));
      yield;
    }
    feed.write(decoder?.decode() ?? '');
    feed.end();
    yield;
  } catch (error) {
    throw asDamagedFile(
      error,
      'A part of the workbook is not well-formed XML. Open it in Excel or LibreOffice, save it again and repeat ' +
        'the upload.',
    );
  }
}

/** Parses a short document to its end. */
export async function parseWholeXml(bytes: AsyncIterable<Uint8Array>, handler: XmlHandler): Promise<void> {
  const chunks = parseXml(bytes, handler);
  while ((await chunks.next()).done !== true) {
    // The handler has taken what it needs.
  }
}

class XmlFeed {
  private readonly parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  private depth = 0;
  private events = 0;
  private sinceEvent = 0;

  constructor(handler: XmlHandler) {
    this.parser.on('opentag', ({ name, attributes }) => {
      this.events++;
      if (++this.depth > MAX_DEPTH) throw new Error(`more than ${MAX_DEPTH} nested elements`);
      handler.open(localName(name), attributes);
    });
    this.parser.on('closetag', ({ name }) => {
      this.events++;
      this.depth--;
      handler.close?.(localName(name));
    });
    const text = (content: string) => handler.text?.(content);
    this.parser.on('text', text);
    this.parser.on('cdata', text);
  }

  write(text: string): void {
    const before = this.events;
    this.parser.write(text);
    this.sinceEvent = this.events === before ? this.sinceEvent + text.length : 0;
    if (this.sinceEvent > MAX_TEXT_BYTES)
      throw new TabularError('text-too-long', 'A cell of the workbook holds more than 4 MiB of text.');
  }

  end(): void {
    this.parser.close();
  }
}

export function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}
