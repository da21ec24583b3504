import fc from 'fast-check';
import { ByteWriter, type Dialect } from '@cytoqueue/csv';
import { collect, readRowsOf } from '../../test/containers';
import { ExpansionLimit } from '../containers/expansion-limit';
import { bytesAccess } from '../containers/random-access';
import { ZipArchive } from '../containers/zip-archive';
import { type ColumnType, type ResultFormat } from '..';
import { convertResults } from './convert';

const DIALECT: Dialect = { delimiter: ';', lineEnd: '\r\n', bom: true };
const FORMATS: ResultFormat[] = ['xlsx', 'jsonl', 'parquet'];
const COLUMNS: [string, ColumnType][] = [
  ['id', 'identifier'],
  ['note', 'carried'],
  ['row', 'integer'],
  ['probability_malignant', 'number'],
  ['reason', 'text'],
];

function csvOf(rows: readonly (readonly string[])[], { delimiter, lineEnd, bom }: Dialect = DIALECT): Buffer {
  const writer = new ByteWriter(1024);
  if (bom) writer.bytes(Buffer.from('\ufeff'));
  for (const row of rows) {
    row.forEach((cell, index) => {
      if (index > 0) writer.ascii(delimiter);
      writer.cell(cell, delimiter);
    });
    writer.ascii(lineEnd);
  }
  return Buffer.from(writer.toBytes());
}

async function* chunksOf(bytes: Buffer, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

function convert(
  rows: readonly (readonly string[])[],
  format: ResultFormat,
  columns = COLUMNS,
  dialect = DIALECT,
): Promise<Buffer> {
  const csv = csvOf([columns.map(([name]) => name), ...rows], dialect);
  return collect(
    convertResults(chunksOf(csv, 997), {
      format,
      dialect,
      rows: rows.length,
      typesOf: () => columns.map(([, type]) => type),
    }),
  );
}

const ROWS = [
  ['00012', '5', '1', '0.9523809523809523', ''],
  ['12345678901234567', '12345678901234567', '2', '', 'grey_zone'],
  ['7', '5.0', '3', '1e-7', ''],
  ['8', "'=1+1", '4', '1', 'unusual_record'],
  ['', 'a "quoted"; cell\nof <two> & _x0041_ lines', '5', '0', ''],
];

test.each(FORMATS)('%s read again has the cells of the results', async (format) => {
  const { cells } = await readRowsOf(await convert(ROWS, format));
  expect(cells).toEqual([COLUMNS.map(([name]) => name), ...ROWS]);
});

test.each(FORMATS)('any text survives %s', async (format) => {
  const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((value) => value.replaceAll('\u0000', '').trim());
  const row = fc.tuple(
    text,
    text,
    fc.nat().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => String(value === 0 ? 0 : value)),
    text,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 20 }),
      fc.constantFrom<Dialect['delimiter']>(',', ';', '\t', '|'),
      async (rows, delimiter) => {
        const { cells } = await readRowsOf(await convert(rows, format, COLUMNS, { ...DIALECT, delimiter }));
        // A workbook does not store the blank cells at the end of its last rows' columns.
        expect(cells.slice(1)).toEqual(rows);
      },
    ),
    { numRuns: 150 },
  );
});

test('a workbook has numbers where nothing is lost, and text elsewhere', async () => {
  const { unzipped } = await sheetOf(ROWS);
  const cell = (reference: string) => new RegExp(`<c r="${reference}"(.*?)</c>`, 's').exec(unzipped)?.[1];
  const inline = (text: string) => ` t="inlineStr"><is><t xml:space="preserve">${text}</t></is>`;
  expect(['A2', 'B2', 'C2', 'D2', 'B3', 'A4', 'B4', 'D4', 'B5'].map(cell)).toEqual([
    inline('00012'),
    '><v>5</v>',
    '><v>1</v>',
    '><v>0.9523809523809523</v>',
    inline('12345678901234567'),
    inline('7'),
    inline('5.0'),
    '><v>1e-7</v>',
    inline("'=1+1"),
  ]);
  expect(cell('E2')).toBeUndefined();
});

async function sheetOf(rows: readonly (readonly string[])[]): Promise<{ unzipped: string }> {
  const archive = await ZipArchive.open(bytesAccess(await convert(rows, 'xlsx')));
  const member = archive.find('xl/worksheets/sheet1.xml');
  if (member === undefined) throw new Error('no sheet');
  return { unzipped: (await collect(archive.read(member, new ExpansionLimit(1e9)))).toString() };
}

test('a cell longer than a workbook can hold is cut and says so', async () => {
  const { cells } = await readRowsOf(await convert([['1', 'x'.repeat(40_000), '1', '', '']], 'xlsx'));
  expect(cells[1]?.[1]).toHaveLength(32_767);
  expect(cells[1]?.[1]).toMatch(/x … \(cut\)$/);
  expect(
    (await readRowsOf(await convert([['1', 'x'.repeat(40_000), '1', '', '']], 'parquet'))).cells[1]?.[1],
  ).toHaveLength(40_000);
});

test('more rows than a sheet holds are refused before anything is read', () => {
  const untouched = {
    [Symbol.asyncIterator]: (): never => {
      throw new Error('read');
    },
  };
  const options = { dialect: DIALECT, rows: 1_048_576, typesOf: () => [] };
  expect(() => convertResults(untouched, { ...options, format: 'xlsx' })).toThrow(
    expect.objectContaining({ code: 'too-many-rows' }),
  );
  expect(() => convertResults(untouched, { ...options, format: 'parquet' })).not.toThrow();
});

test('JSON Lines has numbers as numbers, carried cells as text and blanks of ours as null', async () => {
  const text = (await convert(ROWS.slice(0, 2), 'jsonl')).toString();
  expect(text).toBe(
    '{"id":"00012","note":"5","row":1,"probability_malignant":0.9523809523809523,"reason":null}\n' +
      '{"id":"12345678901234567","note":"12345678901234567","row":2,"probability_malignant":null,"reason":"grey_zone"}\n',
  );
});

test.each(['jsonl', 'parquet'] as const)(
  'duplicate and empty column names become distinct names in %s',
  async (format) => {
    const columns: [string, ColumnType][] = ['', 'note', 'note', 'note_2', ''].map((name) => [name, 'carried']);
    const { cells } = await readRowsOf(await convert([['1', '2', '3', '4', '5']], format, columns));
    expect(cells).toEqual([
      ['column_1', 'note', 'note_3', 'note_2', 'column_5'],
      ['1', '2', '3', '4', '5'],
    ]);
  },
);

test('Parquet of several row groups has all rows in order', async () => {
  const rows = Array.from({ length: 40_000 }, (_, i) => [
    `S-${i}`,
    i % 3 === 0 ? '' : String(i),
    String(i + 1),
    String(1 / (i + 1)),
    '',
  ]);
  expect((await readRowsOf(await convert(rows, 'parquet'))).cells.slice(1)).toEqual(rows);
});

test.each(FORMATS)('an empty file and one without rows become %s without rows', async (format) => {
  expect(
    (await readRowsOf(await convert([], format)).catch(() => ({ cells: [] as string[][] }))).cells.slice(1),
  ).toEqual([]);
  const empty = await collect(
    convertResults(chunksOf(Buffer.alloc(0), 1), { format, dialect: DIALECT, rows: 0, typesOf: () => [] }),
  );
  expect(empty).toHaveLength(0);
});

test.each(FORMATS)('what the results throw ends %s, and a reader that stops ends the reading', async (format) => {
  const outage = new Error('the store is unavailable');
  let ended = false;
  async function* failing(): AsyncGenerator<Uint8Array> {
    try {
      yield csvOf([COLUMNS.map(([name]) => name), ...ROWS]);
      for (let i = 0; i < 60; i++)
        yield csvOf(
          Array.from({ length: 500 }, () => ROWS[1] as string[]),
          { ...DIALECT, bom: false },
        );
      throw outage;
    } finally {
      ended = true;
    }
  }
  const options = { format, dialect: DIALECT, rows: 1, typesOf: () => COLUMNS.map(([, type]) => type) };
  await expect(collect(convertResults(failing(), options))).rejects.toBe(outage);
  expect(ended).toBe(true);
  ended = false;
  for await (const chunk of convertResults(failing(), options)) if (chunk.length > 0) break;
  expect(ended).toBe(true);
});

test('the same rows give the same bytes', async () => {
  for (const format of FORMATS) expect(await convert(ROWS, format)).toEqual(await convert(ROWS, format));
});
