import { RECORDS, readRowsOf, writtenElsewhere } from '../../test/containers';

const WORKBOOKS = [
  'openpyxl.xlsx',
  'openpyxl-1904.xlsx',
  'openpyxl-empty-sheets.xlsx',
  'xlsxwriter.xlsx',
  'libreoffice.xlsx',
  'gnumeric.xlsx',
  'libreoffice.ods',
  'gnumeric.ods',
];
const PARQUET = [
  'duckdb.parquet',
  'duckdb-uncompressed.parquet',
  'duckdb-gzip.parquet',
  'duckdb-zstd.parquet',
  'duckdb-brotli.parquet',
  'duckdb-lz4-raw.parquet',
  'arrow-rs.parquet',
  'arrow-rs-delta.parquet',
];

test.each(WORKBOOKS)('%s is read as its writer meant it, with the rows of the sheet', async (name) => {
  expect(await readRowsOf(writtenElsewhere(name))).toMatchObject({
    container: name.split('.')[1],
    sheet: 'Records',
    cells: RECORDS,
    lines: [1, 2, 3, 4],
    warnings: [],
  });
});

test.each(PARQUET)('%s is read as its writer meant it', async (name) => {
  expect(await readRowsOf(writtenElsewhere(name))).toMatchObject({
    container: 'parquet',
    sheet: null,
    cells: RECORDS,
    lines: [null, null, null, null],
  });
});

test.each(['duckdb-types.parquet', 'duckdb-types-v2.parquet'])('%s keeps every digit of every type', async (name) => {
  const { cells } = await readRowsOf(writtenElsewhere(name));
  expect(cells).toHaveLength(2101);
  expect(cells[0]).toEqual([
    'i32',
    'i64',
    'u64',
    'f32',
    'f64',
    'd9',
    'd38',
    'rep',
    'uniq',
    'day',
    'ts',
    'b',
    'nulls',
    'u',
  ]);
  const id = '00000000-0000-0000-0000-000000000001';
  for (let i = 0; i < 2100; i++) {
    const cents = i * 105;
    const tenths = BigInt(i) * 123456789012345n;
    const decimal = (whole: bigint, rest: bigint) => `${i === 0 ? '' : '-'}${whole}${rest === 0n ? '' : `.${rest}`}`;
    expect(cells[i + 1]).toEqual([
      String(i),
      String(9007199254740993n + BigInt(i)),
      String(i),
      String(i / 10),
      String(i / 7),
      String(cents / 100),
      decimal(tenths / 10n, tenths % 10n),
      `text ${i % 13}`,
      `unique ${i}`,
      new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10),
      new Date(Date.UTC(2024, 0, 1, 10, i)).toISOString().slice(0, 19),
      String(i % 2 === 0),
      i % 3 === 0 ? '' : String(i),
      id,
    ]);
  }
});

test('a formula without a stored result rejects its row, one with a result counts by it', async () => {
  const stored = await readRowsOf(writtenElsewhere('libreoffice-formula.xlsx'));
  expect(stored).toMatchObject({ lines: [1, 2, 3, 4], warnings: ['hidden-rows', 'merged-cells'] });
  expect(stored.cells[2]?.slice(0, 2)).toEqual(['00012', '10']);
  expect(await readRowsOf(writtenElsewhere('libreoffice-formula.ods'))).toMatchObject({
    cells: stored.cells,
    lines: stored.lines,
    faults: stored.faults,
    warnings: stored.warnings,
  });
  const missing = await readRowsOf(writtenElsewhere('openpyxl-formula.xlsx'));
  expect(missing.faults.map((fault) => fault?.code)).toEqual([
    undefined,
    undefined,
    'formula-without-value',
    undefined,
  ]);
  expect(missing.faults[2]?.detail).toMatch(/^Cell B3 has a formula without a stored value\. Open the workbook/);
});

test('results that the writer never calculated are warned about', async () => {
  expect(await readRowsOf(writtenElsewhere('xlsxwriter-formula.xlsx'))).toMatchObject({
    cells: [
      ['id', 'clump_thickness'],
      ['S-1', '0'],
    ],
    warnings: ['formulas-not-calculated'],
  });
});

test.each(['openpyxl-two-sheets.xlsx', 'libreoffice-two-sheets.ods'])(
  '%s is refused until a sheet is chosen',
  async (name) => {
    const file = writtenElsewhere(name);
    await expect(readRowsOf(file)).rejects.toMatchObject({
      code: 'several-sheets',
      message: expect.stringMatching(/2 sheets with rows: "Records", "Codes"/),
      sheets: ['Records', 'Codes'],
    });
    expect(await readRowsOf(file, { sheet: 'Codes' })).toMatchObject({
      sheet: 'Codes',
      cells: [
        ['code', 'meaning'],
        ['2', 'benign'],
      ],
    });
    expect(await readRowsOf(file, { sheet: ' records ' })).toMatchObject({ sheet: 'Records', cells: RECORDS });
    expect(await readRowsOf(file, { sheet: 'Empty' })).toMatchObject({ cells: [] });
    await expect(readRowsOf(file, { sheet: 'Data' })).rejects.toMatchObject({
      code: 'sheet-not-found',
      message: expect.stringContaining('"Records", '),
    });
  },
);

test('a Parquet file without rows has its names alone', async () => {
  expect(await readRowsOf(writtenElsewhere('pyarrow-no-rows.parquet'))).toMatchObject({
    cells: [['id', 'clump_thickness']],
  });
});

test.each([
  ['duckdb-nested.parquet', 'nested-columns', '"grades", "box"'],
  ['duckdb-blob.parquet', 'not-utf8', '"image"'],
])('%s is refused by the names of its columns', async (name, code, names) => {
  await expect(readRowsOf(writtenElsewhere(name))).rejects.toMatchObject({
    code,
    message: expect.stringContaining(names),
  });
});

test.each([
  ['libreoffice.xls', 'an Excel file of the old .xls format'],
  ['libreoffice.pdf', 'a PDF document'],
  ['libreoffice.html', 'a web page (HTML)'],
])('%s is refused as what it is', async (name, kind) => {
  await expect(readRowsOf(writtenElsewhere(name))).rejects.toMatchObject({
    code: 'unsupported-format',
    message: expect.stringContaining(`This is ${kind}`),
  });
});
