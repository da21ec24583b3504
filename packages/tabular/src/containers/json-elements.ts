import { TabularError } from '../error';

/** One record's text and where it begins. */
export interface JsonElement {
  text: string;
  /** 1-based physical line. */
  line: number;
}

/** As long as the longest row of a CSV file. */
const MAX_ELEMENT_CHARS = 1024 * 1024;

/** The lines of JSON Lines that hold more than blanks. */
export async function* readLines(texts: AsyncIterable<string>): AsyncGenerator<JsonElement> {
  let rest = '';
  let line = 1;
  for await (const text of texts) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    for (const content of lines) {
      if (content.trim() !== '') yield { text: content, line };
      line++;
    }
    if (rest.length > MAX_ELEMENT_CHARS) throw tooLong(line);
  }
  if (rest.trim() !== '') yield { text: rest, line };
}

/**
 * The elements of one JSON array, cut at the commas outside of strings and brackets. What lies between is parsed, and
 * judged, by the caller.
 * @throws TabularError `damaged-file` where the array does not end, or where something follows it
 */
export async function* readArrayElements(texts: AsyncIterable<string>): AsyncGenerator<JsonElement> {
  const cutter = new ArrayCutter();
  for await (const text of texts) {
    cutter.push(text);
    yield* cutter.take();
  }
  cutter.end();
}

const BEFORE = 0;
const INSIDE = 1;
const AFTER = 2;

class ArrayCutter {
  private elements: JsonElement[] = [];
  private state = BEFORE;
  private depth = 0;
  private inString = false;
  private escaped = false;
  private line = 1;
  /** The element so far, from earlier chunks. */
  private held = '';
  private startLine = 1;
  private blank = true;
  private count = 0;

  take(): JsonElement[] {
    const elements = this.elements;
    this.elements = [];
    return elements;
  }

  push(text: string): void {
    let start = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 10) this.line++;
      if (this.inString) {
        this.stepInString(code);
        continue;
      }
      if (code <= 32 || code === 0xfeff) continue;
      if (this.state === AFTER)
        throw new TabularError('damaged-file', `Line ${this.line} follows the end of the JSON array.`, {
          line: this.line,
        });
      if (this.state === BEFORE) {
        this.state = INSIDE;
        start = i + 1;
        continue;
      }
      if (this.depth === 0 && (code === COMMA || code === CLOSE)) {
        this.cut(text.slice(start, i), code);
        start = i + 1;
        continue;
      }
      if (this.blank) {
        this.blank = false;
        this.startLine = this.line;
      }
      this.stepOutside(code);
    }
    if (this.state === INSIDE) this.hold(text.slice(start));
  }

  end(): void {
    if (this.state !== AFTER)
      throw new TabularError('damaged-file', `The JSON array does not end: the file breaks off in line ${this.line}.`, {
        line: this.line,
      });
  }

  private stepInString(code: number): void {
    if (this.escaped) this.escaped = false;
    else if (code === BACKSLASH) this.escaped = true;
    else if (code === QUOTE) this.inString = false;
  }

  private stepOutside(code: number): void {
    if (code === QUOTE) this.inString = true;
    else if (code === OPEN || code === OPEN_OBJECT) this.depth++;
    else if (code === CLOSE || code === CLOSE_OBJECT) this.depth--;
  }

  private cut(text: string, code: number): void {
    if (!this.blank) this.elements.push({ text: this.held + text, line: this.startLine });
    else if (code === COMMA || this.count > 0) this.elements.push({ text: '', line: this.line });
    this.count++;
    this.held = '';
    this.blank = true;
    if (code === CLOSE) this.state = AFTER;
  }

  private hold(text: string): void {
    if (!this.blank) this.held += text;
    if (this.held.length > MAX_ELEMENT_CHARS) throw tooLong(this.startLine);
  }
}

const QUOTE = 34;
const COMMA = 44;
const OPEN = 91;
const BACKSLASH = 92;
const CLOSE = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

function tooLong(line: number): TabularError {
  return new TabularError(
    'row-too-long',
    `The record in line ${line} is longer than 1 MiB. JSON Lines has one record on each line.`,
    { line },
  );
}
