/**
 * The byte path against csv-parse and csv-stringify: equal on every input, well-formed or not, whatever the chunking.
 */
import { parse, type Options } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import {
  ByteWriter,
  CsvError,
  ShardSplitter,
  cellOffsets,
  headerRow,
  parseCells,
  readHeader,
  readRows,
  writeInputRow,
  type Delimiter,
  type Dialect,
  type Header,
  type RowTable,
} from '.';

const LINE_FEED = 10;
const COLUMNS = 4;
const WANTED = [2, 0, 3];
const MISSING = ['', '?', 'NA'];

const delimiters = fc.constantFrom<Delimiter>(',', ';', '\t', '|');
const dialects = fc.record({
  delimiter: delimiters,
  lineEnd: fc.constantFrom<Dialect['lineEnd']>('\n', '\r\n', '\r'),
  bom: fc.constant(false),
});
const cells = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '1',
      '5',
      '10',
      '11',
      '0',
      '05',
      '5.0',
      '5.00',
      '5.',
      '.0',
      '5e0',
      '-5',
      '',
      '?',
      'NA',
      ' 7 ',
      '\t3',
      '12345',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '5" mass',
      'a,b;c|d\te',
      'line\nfeed',
      'line\r\nend',
      'cr\r',
      '"',
      '""',
      '=1+1',
      '@x',
      'né',
      '漢字',
      '😀',
      '\ufeff',
      ' ',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => text.replaceAll('\0', '')) },
);
/** Files as a program writes them, quoting now what must be and now everything. */
const writtenFiles = fc
  .record({
    rows: fc.array(fc.array(cells, { minLength: 1, maxLength: COLUMNS + 1 }), { maxLength: 6 }),
    quoted: fc.boolean(),
    delimiter: delimiters,
    lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  })
  .map(({ rows, quoted, delimiter, lineEnd }) => stringify(rows, { delimiter, quoted, record_delimiter: lineEnd }));
/** Any sequence of what matters to a reader. */
const soups = fc
  .array(
    fc.constantFrom(
      '"',
      '"',
      '""',
      ',',
      ',',
      ';',
      '\t',
      '|',
      '\n',
      '\n',
      '\r\n',
      '\r',
      '5',
      '10',
      'a',
      ' ',
      'é',
      '漢',
      '😀',
      '=',
      '?',
      ',5,5,5\n',
      '"x",',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));
/** A written file with a few characters deleted, replaced or put in. */
const mutatedFiles = fc
  .tuple(
    writtenFiles,
    fc.array(
      fc.tuple(fc.nat(200), fc.nat(2), fc.constantFrom('', '"', '\n', '\r', ',', ';', ' ', 'x', '\n\n', '\r\n\r\n')),
      { maxLength: 4 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce(
      (changed, [at, removed, added]) => changed.slice(0, at) + added + changed.slice(at + removed),
      text.isWellFormed() ? text : '',
    ),
  )
  .map((text) => text.toWellFormed());
const files = fc.oneof(writtenFiles, soups, mutatedFiles).map((text) => Buffer.from(text));
const chunkings = fc.array(fc.nat(9), { maxLength: 5 }).map((sizes) => [...sizes, 1]);

interface OracleRecord {
  record: string[];
  info: { bytes: number };
}

function oracleOptions({ delimiter, lineEnd }: Dialect): Options {
  return {
    delimiter,
    record_delimiter: lineEnd === '\r' ? '\r' : ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
  };
}

function oracleRecords(bytes: Buffer, dialect: Dialect): OracleRecord[] | 'unclosed-quote' {
  try {
    return parse(bytes, { ...oracleOptions(dialect), relax_quotes: true, info: true }) as unknown as OracleRecord[];
  } catch (error) {
    if ((error as { code?: string }).code === 'CSV_QUOTE_NOT_CLOSED') return 'unclosed-quote';
    throw error;
  }
}

/** csv-parse is either lenient with all quotes or with none; told to skip, it reports what it would have thrown. */
function isMalformed(record: Uint8Array, dialect: Dialect): boolean {
  const codes: string[] = [];
  parse(Buffer.from(record), {
    ...oracleOptions(dialect),
    skip_records_with_error: true,
    on_skip: (error) => void codes.push(error?.code ?? ''),
  });
  return codes.includes('CSV_INVALID_CLOSING_QUOTE') || codes.includes('CSV_QUOTE_NOT_CLOSED');
}

function orCode<T>(action: () => T): T | string {
  try {
    return action();
  } catch (error) {
    if (error instanceof CsvError) return error.code;
    throw error;
  }
}

function cut(
  bytes: Uint8Array,
  dialect: Dialect,
  chunking: number[],
  targets = { shardRows: 2, shardBytes: 60, maxShards: 3 },
) {
  const header: Header = { dialect, columns: [], byteLength: 100 };
  const cutter = new ShardSplitter(header, { ...targets, maxRowBytes: 1e6 });
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = chunking[turn % chunking.length];
    cutter.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cutter.end();
}

function read(bytes: Uint8Array, dialect: Dialect): RowTable {
  return readRows(bytes, dialect, { columns: COLUMNS, featureColumns: WANTED, maxValue: 10, missingTokens: MISSING });
}

function rawCells(record: Buffer, dialect: Dialect): string[] {
  const offsets = cellOffsets(record, dialect);
  return offsets.flatMap((start, index) =>
    index % 2 === 0 ? [record.toString('utf8', start, offsets[index + 1])] : [],
  );
}

/** The plain grammar, said with regular expressions over decoded text. */
function plainValue(cell: string): number {
  const text = cell.replace(/^[ \t]+|[ \t]+$/g, '');
  if (/^\d+(\.0+)?$/.test(text) && Number(text) >= 1 && Number(text) <= 10) return Number(text);
  return MISSING.includes(text) ? 0 : -1;
}

describe('against csv-parse', () => {
  it('readRows finds the same records and readCells the same cells', () => {
    fc.assert(
      fc.property(files, dialects, (bytes, dialect) => {
        const records = oracleRecords(bytes, dialect);
        fc.pre(records !== 'unclosed-quote');
        const table = read(bytes, dialect);
        expect(table.rows).toBe(records.length);
        expect([...table.rowEnd]).toEqual(records.map(({ info }) => info.bytes));
        records.forEach(({ record }, row) => {
          const raw = bytes.subarray(table.start[row], table.end[row]);
          const expected = isMalformed(raw, dialect) ? 'malformed-quotes' : record;
          expect(orCode(() => parseCells(raw, dialect))).toEqual(expected);
          expect(
            orCode(() => rawCells(raw, dialect).flatMap((cell) => parseCells(Buffer.from(cell), dialect))),
          ).toEqual(expected);
        });
      }),
      { numRuns: 1500 },
    );
  });

  it('the shards hold the same records, one after the other, for every chunking', () => {
    fc.assert(
      fc.property(files, dialects, chunkings, (bytes, dialect, chunking) => {
        const records = oracleRecords(bytes, dialect);
        const outcome = orCode(() => cut(bytes, dialect, chunking));
        const counts = typeof outcome === 'string' ? outcome : [outcome.rows, outcome.byteLength];
        expect(counts).toEqual(records === 'unclosed-quote' ? records : [records.length, 100 + bytes.length]);
        if (typeof outcome === 'string' || typeof records === 'string') return;
        const read: string[] = [];
        for (const shard of outcome.shards) {
          expect(shard.firstRow).toBe(read.length + 1);
          const part = bytes.subarray(shard.offset - 100, shard.offset - 100 + shard.length);
          const inShard = oracleRecords(part, dialect) as OracleRecord[];
          expect(inShard).toHaveLength(shard.rows);
          read.push(...inShard.map(({ record }) => JSON.stringify(record)));
        }
        expect(read).toEqual(records.map(({ record }) => JSON.stringify(record)));
      }),
      { numRuns: 1500 },
    );
  });

  it('a row is plain exactly when its decoded cells say so, with the same values', () => {
    const plainish = fc.array(
      fc.tuple(fc.array(cells, { minLength: COLUMNS, maxLength: COLUMNS }), fc.constantFrom('\n', '\r\n', '\n\n')),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          files,
          plainish.map((rows) => Buffer.from(rows.map(([row, end]) => row.join(',') + end).join(''))),
        ),
        dialects,
        (bytes, dialect) => {
          const table = read(bytes, dialect);
          for (let row = 0; row < table.rows; row++) {
            const record = bytes.subarray(table.start[row], table.end[row]);
            const texts = record.includes('"') ? [] : parseCells(record, dialect);
            const values = WANTED.map((column) => plainValue(texts[column] ?? 'none'));
            const plain = texts.length === COLUMNS && !values.includes(-1);
            expect(table.fastParsed[row]).toBe(plain ? 1 : 0);
            expect([...table.values.subarray(row * 3, row * 3 + 3)]).toEqual(plain ? values : [0, 0, 0]);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('the header is its first record, and more bytes never change it', () => {
    fc.assert(
      fc.property(files, (bytes) => {
        const attempt = (prefix: Buffer, final: boolean) =>
          orCode(() => readHeader(prefix, { final, countRecognized: (columns) => columns.length, maxBytes: 1000 }));
        const header = attempt(bytes, true);
        for (let length = 0; length < bytes.length; length++) {
          expect(attempt(bytes.subarray(0, length), false) ?? header).toEqual(header);
        }
        if (typeof header !== 'object') return;
        const record = Buffer.from(headerRow(bytes, header));
        const [{ record: expected }] = oracleRecords(record, header.dialect) as OracleRecord[];
        expect(header.columns).toEqual(expected.map((cell) => cell.trim()));
      }),
      { numRuns: 500 },
    );
  });
});

describe('against csv-stringify', () => {
  it('writes every cell alike', () => {
    fc.assert(
      fc.property(fc.oneof(cells, fc.string({ unit: 'binary' })), delimiters, (text, delimiter) => {
        const writer = new ByteWriter(1);
        writer.cell(text, delimiter);
        expect(Buffer.from(writer.toBytes()).toString()).toBe(
          Buffer.from(stringify([[text]], { delimiter, eof: false })).toString(),
        );
      }),
      { numRuns: 1500 },
    );
  });
});

describe('writeRow', () => {
  function write(record: Buffer, dialect: Dialect, formulas: 'escape' | 'keep'): Buffer {
    const writer = new ByteWriter(1);
    const around = Buffer.concat([Buffer.from('"\n'), record, Buffer.from('\n"')]);
    writeInputRow(writer, around, 2, 2 + record.length, dialect, { columns: COLUMNS, formulas });
    return Buffer.from(writer.toBytes());
  }

  it('passes over the rows that are verbatim, and plain rows of harmless cells are', () => {
    fc.assert(
      fc.property(files, dialects, (bytes, dialect) => {
        const table = read(bytes, dialect);
        const records = Array.from({ length: table.rows }, (_, row) =>
          bytes.subarray(table.start[row], table.end[row]),
        );
        const verbatim = records.filter((_, row) => table.copyable[row] === 1);
        expect(verbatim.map((record) => write(record, dialect, 'escape').toString())).toEqual(verbatim.map(String));
        const harmless = records.filter(
          (record, row) =>
            table.fastParsed[row] === 1 &&
            /^[a-z0-9?,;|]*$/i.test(String(record)) &&
            bytes[table.end[row]] === LINE_FEED,
        );
        expect(verbatim).toEqual(expect.arrayContaining(harmless));
      }),
      { numRuns: 1500 },
    );
  });

  function guarded(text: string): string {
    const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text.trim());
    return /^[=+\-@\t\r]/.test(text) && !isNumber ? `'${text}` : text;
  }

  it('keeps the raw cells unless malformed, padded or cut to the width of the header', () => {
    fc.assert(
      fc.property(files, dialects, (bytes, dialect) => {
        const table = read(bytes, dialect);
        for (let row = 0; row < table.rows; row++) {
          const record = bytes.subarray(table.start[row], table.end[row]);
          const raws = rawCells(record, dialect).map((raw) =>
            isMalformed(Buffer.from(raw), dialect)
              ? stringify([[raw]], { delimiter: dialect.delimiter, eof: false })
              : raw,
          );
          const expected = Array.from({ length: COLUMNS }, (_, column) => raws[column] ?? '');
          expect(write(record, dialect, 'keep').toString()).toBe(expected.join(dialect.delimiter));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('makes of any row one that can be read and that no spreadsheet runs', () => {
    fc.assert(
      fc.property(files, dialects, (bytes, dialect) => {
        const table = read(bytes, dialect);
        for (let row = 0; row < table.rows; row++) {
          const written = parseCells(
            write(bytes.subarray(table.start[row], table.end[row]), dialect, 'escape'),
            dialect,
          );
          expect(written).toHaveLength(COLUMNS);
          expect(written).toEqual(written.map(guarded));
        }
      }),
      { numRuns: 1500 },
    );
  });

  const texts = fc.oneof(
    cells,
    fc
      .tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\r', ' ='), fc.oneof(cells, fc.double().map(String)))
      .map((parts) => parts.join('')),
  );

  it('guards formulas in text cells and touches no other cell', () => {
    fc.assert(
      fc.property(
        fc.array(texts, { minLength: 1, maxLength: COLUMNS + 1 }),
        fc.boolean(),
        delimiters,
        (row, quoted, delimiter) => {
          const dialect: Dialect = { delimiter, lineEnd: '\n', bom: false };
          const record = Buffer.from(stringify([row], { delimiter, quoted, eof: false }));
          const written = write(record, dialect, 'escape');
          const expected = Array.from({ length: COLUMNS }, (_, column) =>
            guarded(Buffer.from(row[column] ?? '').toString()),
          );
          expect(parseCells(written, dialect)).toEqual(expected);
          const untouched = (raws: string[]) =>
            raws.filter((_, column) => column < row.length && guarded(row[column]) === row[column]);
          expect(untouched(rawCells(written, dialect))).toEqual(untouched(rawCells(record, dialect).slice(0, COLUMNS)));
        },
      ),
      { numRuns: 1500 },
    );
  });
});
