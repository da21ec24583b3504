import { TextDecoder } from 'node:util';

/** The values of one page as texts, taken one after the other; '' where one is null. */
export interface PageTexts {
  readonly count: number;
  next(): string;
}

/** Values that are numbers or short lists already. */
export class ValueTexts implements PageTexts {
  private index = 0;

  constructor(
    private readonly values: ArrayLike<unknown>,
    private readonly text: (value: unknown) => string,
  ) {}

  get count(): number {
    return this.values.length;
  }

  next(): string {
    return this.text(this.values[this.index++]);
  }
}

/** Values that repeat: each distinct one became a text once. */
export class DictionaryTexts implements PageTexts {
  private index = 0;

  constructor(
    private readonly indexes: ArrayLike<number>,
    private readonly texts: readonly string[],
  ) {}

  get count(): number {
    return this.indexes.length;
  }

  next(): string {
    const text = this.texts[this.indexes[this.index++] as number];
    if (text === undefined) throw new Error('an index lies outside of the dictionary');
    return text;
  }
}

/**
 * Texts as they lie in the page, a length before each. A page may hold a million, which as objects would take 100 MB.
 */
export class PlainTexts implements PageTexts {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });
  private readonly view: DataView;
  private offset = 0;

  constructor(
    private readonly bytes: Uint8Array,
    readonly count: number,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  next(): string {
    const start = this.offset + 4;
    const end = start + this.view.getUint32(this.offset, true);
    if (end > this.bytes.length) throw new Error('a text is longer than its page');
    this.offset = end;
    return this.decoder.decode(this.bytes.subarray(start, end));
  }
}

/** Puts '' where the level of a value says that it is null. */
export class NullableTexts implements PageTexts {
  private index = 0;

  constructor(
    private readonly levels: Uint8Array,
    private readonly defined: PageTexts,
  ) {}

  get count(): number {
    return this.levels.length;
  }

  next(): string {
    return this.levels[this.index++] === 1 ? this.defined.next() : '';
  }
}
