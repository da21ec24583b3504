/** A plain file must come out the same whether its rows are watched in the byte path or imported. */
import { ShardSplitter, readHeader } from '@cytoqueue/csv';
import { wbc } from '@cytoqueue/schema';
import fc from 'fast-check';
import { FEATURES, GRADES, HEADER, ROW, importText, lines } from '../test/imported';
import { RowWatch } from './row-watch';
import { sniffPlain } from './sniff';

function watch(file: string | Buffer, chunkBytes = 13): RowWatch | undefined {
  const bytes = Buffer.from(file);
  const layout = sniffPlain(bytes, true, { schema: wbc });
  const header = readHeader(bytes, { final: true, countRecognized: (columns) => columns.length });
  if (layout === undefined || header === undefined) return undefined;
  const watched = new RowWatch(layout, header.dialect, wbc);
  const cutter = new ShardSplitter(header, {
    shardRows: 10,
    shardBytes: 1e6,
    maxShards: 10,
    maxRowBytes: 1e6,
    onRows: (chunk, records) => watched.checkRows(chunk, records),
    quickCheckCells: watched.quickCheckCells,
  });
  for (let at = header.byteLength; at < bytes.length; at += chunkBytes)
    cutter.push(bytes.subarray(at, at + chunkBytes));
  cutter.end();
  return watched;
}

describe('a file is plain', () => {
  test.each([
    ['as a program writes it', lines(HEADER, ROW)],
    [
      'with a byte order mark and quotes',
      `\uFEFF${lines(
        HEADER.map((name) => `"${name}"`),
        ROW.map((cell) => `"${cell}"`),
      )}`,
    ],
    ['with semicolons and CR LF', lines(HEADER, ROW).replaceAll(',', ';').replaceAll('\n', '\r\n')],
    [
      'with missing words, exponents and other digits',
      lines(HEADER, ['P1', '4.00E+00', 'nan', '１', ...GRADES.slice(3)]),
    ],
    ['with an unnamed last column', lines([...HEADER, ''], [...ROW, ''])],
    ['with short rows', lines(HEADER, ROW.slice(0, 5), ROW)],
    ['after empty lines', `\n\n${lines(HEADER, ROW)}`],
    ['without rows', lines(HEADER)],
  ])('%s', (_, file) => {
    expect(watch(file)?.needsImport).toBe(false);
  });

  test.each([
    ['in UTF-16', Buffer.from(`\uFEFF${lines(HEADER, ROW)}`, 'utf16le')],
    ['in Windows-1252', Buffer.from(lines([...HEADER, 'name'], [...ROW, 'Müller']), 'latin1')],
    ['below a title', lines('Cytology list', HEADER, ROW)],
    [
      'with a second header row',
      lines(
        HEADER,
        HEADER.map(() => 'grade'),
        ROW,
      ),
    ],
    ['with decimal commas', lines(HEADER, ['P1', ...GRADES.map((grade) => `"${grade},0"`)])],
    ['with rows that end with a comma', lines(HEADER, [...ROW, ''])],
    ['with a header that ends with one', lines([...HEADER, ''], ROW)],
    ['separated by blanks', lines(HEADER.join(' '), ROW.join(' '))],
    ['with a header that does not name every feature', lines(HEADER.slice(0, -1), ROW.slice(0, -1))],
    ['with a sep= line', lines('sep=,', HEADER, ROW)],
    ['as lists of JSON', `[${lines(JSON.stringify(HEADER), `,${JSON.stringify(ROW)}`)}]`],
    ['in an RTF document', `{\\rtf1 ${lines(['id', 'note', ...FEATURES], ROW)}`],
    ['with line ends of two kinds', `${HEADER.join()}\r${lines(ROW)}`],
    ['with two byte order marks', `\uFEFF\uFEFF${lines(HEADER, ROW)}`],
  ])('but not %s', (_, file) => {
    expect(sniffPlain(Buffer.from(file), true, { schema: wbc })).toBeUndefined();
  });
});

describe('a later row requires an import', () => {
  test.each([
    ['empty', ',,,,,,,,,'],
    ['blank', ' ,,,,,,,,,\u00a0'],
    ['the header again', HEADER.join()],
    ['the header again in quotes', HEADER.map((name) => `"${name}"`).join()],
    ['another header', ['id', ...FEATURES.toReversed()].join()],
    ['column numbers', HEADER.map((_, index) => index + 1).join()],
    ['column numbers in quotes', HEADER.map((_, index) => `"${index + 1}"`).join()],
    ['column numbers between blanks', HEADER.map((_, index) => ` ${index + 1}`).join()],
    ['numbers of the features', ['', ...FEATURES.map((_, index) => index + 1)].join()],
    ['a maximum', ['Max', ...GRADES].join()],
    ['a quartile', ['75%', ...GRADES].join()],
    ['the count', ['n', ...GRADES].join()],
    ['Ctrl-Z', '\x1a'],
    ['Ctrl-Z after the last cell', `${ROW.join()}\x1a`],
  ])('%s', (_, row) => {
    const file = lines(HEADER, ...Array.from({ length: 600 }, () => ROW), row);
    expect(watch(lines(HEADER, ...Array.from({ length: 600 }, () => ROW)))?.needsImport).toBe(false);
    expect(watch(file, 1_000)?.needsImport).toBe(true);
  });
});

test('rounded identifiers, and an identifier with both classes, give warnings', () => {
  const rows = [
    ['9.45E+12', ...GRADES, '2'],
    ['123456789012345000', ...GRADES, '2'],
    ['P1', ...GRADES, '2'],
    ['"P1"', ...GRADES, '4'],
    ['P1', ...GRADES, '2'],
  ];
  const watched = watch(lines([...HEADER, 'class'], ...rows));
  expect([watched?.needsImport, watched?.log.warnings]).toMatchObject([
    false,
    [
      { code: 'rounded-identifier', row: 1, line: 2, column: 'id' },
      { code: 'rounded-identifier', row: 2, line: 3 },
      {
        code: 'identifier-with-both-classes',
        row: 4,
        line: 5,
        detail: 'Rows 3 and 4 have the same identifier and different classes.',
      },
    ],
  ]);
});

const HEAD = [...HEADER, 'class'];
const labels = fc.constantFrom('2', '4', 'M', '', '0', '"1"');
const labelled = fc
  .tuple(
    fc.constantFrom('P1', 'P22', '9.45E+12', '1e+5', '123456789012345000', '12345678901234567', '', 'NA', '#REF!'),
    labels,
  )
  .map(([id, label]) => [id, ...GRADES, label].join());

test.each([
  ['0', HEADER],
  [' 1 ', HEADER],
  ['"1.0"', HEADER],
  ['0', FEATURES],
])(
  'a class of %s is warned about once, where it first stands, with an identifier column or without',
  (code, header) => {
    const grades = header === FEATURES ? GRADES : ROW;
    const file = lines([...header, 'Diagnosis'], [...grades, 'B'], [...grades, code], [...grades, '1']);
    const warning = { code: 'ambiguous-class-codes', row: 2, line: 3, column: 'Diagnosis' };
    const isAbout = (found: { code: string }) => found.code === warning.code;
    expect(watch(file)?.log.warnings.filter(isAbout)).toMatchObject([warning]);
  },
);

test('other spellings of the class are not warned about', () => {
  const rows = ['2', '4', 'b', 'M', 'benign', '', '10', 'x'].map((label) => [...GRADES, label]);
  expect(watch(lines([...FEATURES, 'class'], ...rows))?.log.warnings).toEqual([]);
});

test('watching and importing give the same warnings about identifiers and classes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(labelled, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 60 }),
      async (data, chunkBytes) => {
        const file = lines(HEAD, ...data);
        const watched = watch(file, chunkBytes);
        expect(watched?.log.warnings).toEqual((await importText(file)).warnings);
      },
    ),
    { numRuns: 300 },
  );
});

const rows = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.constantFrom('P1', 'P22', 'B-7', 'M', 'max1', ''),
        fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 9, maxLength: 9 }),
      )
      .map(([id, values]) => [id, ...values].join()),
  },
  fc.constantFrom(
    '',
    ',,,,,,,,,',
    ' ',
    HEADER.join(),
    HEADER.toReversed().join(),
    '1,2,3,4,5,6,7,8,9,10',
    '0,1,2,3,4,5,6,7,8,9',
    ',1,2,3,4,5,6,7,8,9',
    '9,2,3,4,5,6,7,8,9,10',
  ),
  fc.constantFrom(
    'Max,1,1,1,1,1,1,1,1,1',
    '"Total",1,1,1,1,1,1,1,1,1',
    'n,1,1,1,1,1,1,1,1,1',
    'q1,1,1,1,1,1,1,1,1,1',
    '50%,1,1,1,1,1,1,1,1,1',
    '25%',
    'TOTAL (n=3),1,1,1,1,1,1,1,1,1',
    'Médiane,1,1,1,1,1,1,1,1,1',
    'Desviación estándar,1,1,1,1,1,1,1,1,1',
    'x',
    'P3,?,1,1,1,1,1,1,1,1',
    'P4,,,,,,,,,',
  ),
  fc.constantFrom(
    'P5,"1",1,1,1,1,1,1,1,1',
    '"P6\nx",1,1,1,1,1,1,1,1,1',
    '"P7\n1,2,3,4,5,6,7,8,9,1\n",1,1,1,1,1,1,1,1,1',
    '"P8"x,1,1',
    'P9,nan,1,1,1,1,1,1,1,1',
    'Ö,1,1,1,1,1,1,1,1,1',
    'P10,1,1,1',
    'P11, 1,1,1,1,1,1,1,1,1,',
  ),
);

test('watching requires an import exactly when the import would omit or reject a row; otherwise lines and warnings agree', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(rows, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom('\n', '\r\n'),
      async (data, chunkBytes, lineEnd) => {
        const file = [HEADER.join(), ...data, ''].join(lineEnd);
        const watched = watch(file, chunkBytes);
        if (watched === undefined) return;
        const { read, report, warnings, rows: total } = await importText(file);
        const { empty, ...left } = report.skipped_rows;
        const isLeftOut =
          Object.values(left).some((count) => count > 0) || empty > data.filter((line) => line === '').length;
        const needsImport =
          isLeftOut || read.some(({ fault }) => fault?.code === 'not-a-record' || fault?.code === 'header-changed');
        expect(watched.needsImport).toBe(needsImport);
        if (needsImport) return;
        expect(watched.log.warnings).toEqual(warnings);
        expect([watched.rows, watched.log.skipped.empty]).toEqual([total, empty]);
      },
    ),
    { numRuns: 1_500 },
  );
});

test.each([
  ['\n', '\r'],
  ['\r', '\n'],
])('rows below 64 KiB that end otherwise than by %j are counted in a warning', async (lineEnd, otherEnd) => {
  const first = lines(HEADER, ...Array.from({ length: 4_000 }, () => ROW)).replaceAll('\n', lineEnd);
  const file = first + lines(ROW, ROW, ROW).replaceAll('\n', otherEnd) + lines(ROW).replaceAll('\n', lineEnd);
  const warning = {
    code: 'joined-rows',
    row: 4_001,
    line: 4_002,
    detail: expect.stringContaining('holds 4 rows'),
  };
  for (const chunkBytes of [60_000, 1_000_000]) {
    const watched = watch(file, chunkBytes);
    expect(watched).toMatchObject({ needsImport: false });
    expect(watched?.log.warnings).toMatchObject([warning]);
  }
  expect((await importText(file)).warnings).toMatchObject([warning]);
});
