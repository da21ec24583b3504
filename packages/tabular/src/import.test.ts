import { FEATURES, GRADES, HEADER, OTHER, ROW, importSource, importText, lines } from '../test/imported';
import { parseRow, wbc, wdbc } from '@cytoqueue/schema';
import { canonicalMatch } from './canonical';
import type { SourceRow } from './source';

/** Files as labs write them. Each holds the patients P1 and P2 only. */
const variants: readonly [name: string, file: string | Buffer, repairs: readonly string[], skipped?: object][] = [
  ['nothing odd', lines(HEADER, ROW, OTHER), []],
  ['a byte order mark twice', `\uFEFF\uFEFF${lines(HEADER, ROW, OTHER)}`, ['byte-order-marks']],
  ['UTF-16 LE with its mark', Buffer.from(`\uFEFF${lines(HEADER, ROW, OTHER)}`, 'utf16le'), []],
  ['UTF-16 BE with its mark', Buffer.from(`\uFEFF${lines(HEADER, ROW, OTHER)}`, 'utf16le').swap16(), []],
  ['UTF-16 LE without a mark', Buffer.from(lines(HEADER, ROW, OTHER), 'utf16le'), []],
  [
    'a sep= line',
    `sep=;\r\n${lines(HEADER, ROW, OTHER).replaceAll(',', ';').replaceAll('\n', '\r\n')}`,
    ['separator-line'],
    { title: 1 },
  ],
  [
    'a quoted sep= line for tabs',
    `"sep=\t"\n${lines(HEADER, ROW, OTHER).replaceAll(',', '\t')}`,
    ['separator-line'],
    { title: 1 },
  ],
  ['a title row of as many cells', lines('Cytology list March,,,,,,,,,', HEADER, ROW, OTHER), [], { title: 1 }],
  [
    'title, note and an empty line',
    lines('Cytology list', 'printed 2026-11-02, 14:30', '', HEADER, ROW, OTHER),
    [],
    { title: 2, empty: 1 },
  ],
  ['comments', lines('# exported by LIS 4', '#', HEADER, '# units: grades', ROW, OTHER), [], { title: 3 }],
  [
    'a second header row of units',
    lines(HEADER, [' ', ...FEATURES.map(() => '(1-10)')], ROW, OTHER),
    [],
    { second_header: 1 },
  ],
  [
    'a second header row of labels',
    lines(HEADER, ['Case no.', ...FEATURES.map((name) => `${name} grade`)], ROW, OTHER),
    [],
    { second_header: 1 },
  ],
  ['the header repeated', lines(HEADER, ROW, HEADER, OTHER, HEADER), [], { repeated_header: 2 }],
  [
    'rows of delimiters and blanks',
    lines(HEADER, ',,,,,,,,,', ROW, ' ,\u00a0,,,,,,,,', OTHER, ',,,,,,,,,', ''),
    [],
    { empty: 4 },
  ],
  ['Ctrl-Z in a line of its own', `${lines(HEADER, ROW, OTHER)}\x1a`, ['ctrl-z']],
  ['Ctrl-Z up to the end of a block', `${lines(HEADER, ROW, OTHER)}${'\x1a'.repeat(90)}`, ['ctrl-z']],
  ['Ctrl-Z after the last cell', `${lines(HEADER, ROW, OTHER).trimEnd()}\x1a`, ['ctrl-z']],
  ['a header that ends with a comma', lines([...HEADER, ''], ROW, OTHER), ['header-ends-with-delimiter']],
  ['rows that end with a comma', lines(HEADER, [...ROW, ''], [...OTHER, '']), ['rows-end-with-delimiter']],
  [
    'decimal commas',
    lines(HEADER, ['P1', ...GRADES.map((grade) => `${grade},0`)].join(';'), OTHER.join(';')).replace(
      HEADER.join(),
      HEADER.join(';'),
    ),
    ['decimal-comma'],
  ],
  [
    'blanks between the columns',
    lines(HEADER.join('  '), `  ${ROW.join(' ')}`, OTHER.join('    ')),
    ['blank-delimiter'],
  ],
  [
    'the ruler of a database program',
    lines(HEADER.join('|'), HEADER.map(() => '----').join('+'), ROW.join('|'), OTHER.join('|')),
    [],
    { title: 1 },
  ],
  [
    'parts with line ends of old Macs and others',
    lines(HEADER, ROW).replaceAll('\n', '\r') + lines(OTHER),
    ['mixed-line-ends'],
  ],
  [
    'rows that end by CR CR LF, as Python on Windows writes',
    lines(HEADER, ROW, OTHER).replaceAll('\n', '\r\r\n'),
    ['mixed-line-ends'],
    { empty: 3 },
  ],
  ['rows that end by LF CR', lines(HEADER, ROW, OTHER).replaceAll('\n', '\n\r'), ['mixed-line-ends'], { empty: 3 }],
  [
    'types and flags of Orange below the header',
    lines(HEADER, ['string', ...FEATURES.map(() => 'continuous')], ['meta', ...FEATURES.map(() => '')], ROW, OTHER),
    [],
    { second_header: 2 },
  ],
  ['bars, and line ends of old Macs', lines(HEADER, ROW, OTHER).replaceAll(',', '|').replaceAll('\n', '\r'), []],
];

describe('the same two patients are read from', () => {
  test.each(variants)('%s', async (_, file, repairs, skipped = {}) => {
    const { read, report, rows, start } = await importText(file);
    expect(read.map(({ values, fault }) => ({ values: values.map(Number), fault }))).toEqual(
      [ROW, OTHER].map((row) => ({ values: row.slice(1).map(Number), fault: undefined })),
    );
    expect(read.map(({ cells }) => cells[0])).toEqual(['P1', 'P2']);
    expect(start.columns.visible).toEqual(HEADER);
    expect([rows, report.repairs.map(({ code }) => code), report.skipped_rows]).toEqual([
      2,
      repairs,
      { empty: 0, repeated_header: 0, title: 0, second_header: 0, ...skipped },
    ]);
  });

  test.each(variants)('%s, whatever the chunks', async (_, file) => {
    const whole = await importText(file, { chunkBytes: 1e6 });
    const pieces = await importText(file, { chunkBytes: 1 });
    expect(pieces.bytes.equals(whole.bytes)).toBe(true);
    expect(pieces.report).toEqual(whole.report);
  });
});

test.each([
  [
    'ARFF',
    `% source\n@RELATION cytology\n\n@ATTRIBUTE 'id' string\n${FEATURES.map((name) => `@ATTRIBUTE ${name} {1,2,3}\n`).join('')}@ATTRIBUTE "Class" {benign, malignant}\n@DATA\n`,
  ],
  [
    'KEEL',
    `@relation wisconsin\n@attribute id integer\n${FEATURES.map((name) => `@attribute ${name} integer [1, 10]\n`).join('')}@attribute Class {2, 4}\n@inputs ${FEATURES.join(', ')}\n@outputs Class\n@data\n`,
  ],
])('the attributes of %s files name the columns', async (_, above) => {
  const { read, start, report } = await importText(above + lines([...ROW, '2'].join(', '), [...OTHER, '4'].join(', ')));
  expect(start.columns.visible).toEqual([...HEADER, 'Class']);
  expect(read.map(({ values }) => values.map(Number))).toEqual([ROW, OTHER].map((row) => row.slice(1).map(Number)));
  expect(report.header_line).toBe(above.split('\n').length - 1);
});

test('an error quotes the text of the file, not the number that was read from it', async () => {
  const file = [HEADER, ['P1', '12,0', ...GRADES.slice(1).map((grade) => `${grade},0`)]].map((cells) =>
    cells.join(';'),
  );
  const { read, start } = await importText(lines(...file));
  const [row] = read;
  expect(parseRow([...row!.cells, ...row!.values, '2', ''], canonicalMatch(start.columns, wbc), wbc)).toMatchObject({
    detail: `${FEATURES[0]}: "12,0" is outside 1 to 10`,
  });
});

describe('no patient is taken for a second header row, whose grades stand', () => {
  test.each([
    ['in formulas that yield a text', (cell: string) => `="${cell}"`],
    ['after the mark of a text cell', (cell: string) => `'${cell}`],
    ['in single quotes', (cell: string) => `'${cell}'`],
    ['in quotes after a blank', (cell: string) => ` "${cell}"`],
  ])('%s, and are read', async (_, write) => {
    const { read, report, start } = await importText(lines(HEADER.map(write), ROW.map(write), OTHER.map(write)));
    const match = { columns: FEATURES, featureColumns: Int32Array.from(FEATURES.keys()), matchedBy: [] };
    expect(read.map(({ values }) => parseRow(values, match, wbc))).toMatchObject(
      [ROW, OTHER].map((row) => ({ ok: true, sample: Float64Array.from(row.slice(1).map(Number)) })),
    );
    expect([report.skipped_rows.second_header, start.columns.id]).toEqual([0, 0]);
  });

  test('of words, beside a known class', async () => {
    const { rows } = await importText(lines([...HEADER, 'class'], ['Meier', ...GRADES.map(() => 'high'), 'malignant']));
    expect(rows).toBe(1);
  });

  test.each([
    [
      'in digits of another script',
      (cell: string) => cell.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit))),
    ],
    ['with a sign after them', (cell: string) => `${cell} *`],
    ['in brackets', (cell: string) => `<${cell}>`],
  ])('%s, though they cannot be read', async (_, write) => {
    const { rows } = await importText(lines(HEADER, ['P1', ...GRADES.map(write)], ['P2', ...GRADES.map(write)]));
    expect(rows).toBe(2);
  });
});

test.each([
  ['a header and a record', [...HEADER, ...ROW]],
  ['a header without other columns', [...FEATURES, ...GRADES]],
])('%s in one line are refused with the way to keep line ends', async (_, cells) => {
  await expect(importText(cells.join().replace('mitoses,', 'mitoses'))).rejects.toMatchObject({
    code: 'no-line-ends',
    message: expect.stringContaining('--data-binary') as string,
  });
});

test('a header alone is not refused for want of line ends', async () => {
  expect((await importText(HEADER.join())).rows).toBe(0);
});

test.each([1, 7, 4096])(
  'quotes open a cell at its beginning only, also where rows end in different ways (chunks of %i bytes)',
  async (chunkBytes) => {
    const file =
      lines([...HEADER, 'note'], [...ROW, '5" mass'], [...OTHER, '"two\nlines"']).replaceAll(/\n(?!lines)/g, '\r') +
      lines([...ROW, '6" mass'], [...OTHER, '']) +
      lines([...ROW, 'last']).replaceAll('\n', '\r\n');
    const { read, report } = await importText(file, { chunkBytes });
    expect(report.repairs.map(({ code }) => code)).toContain('mixed-line-ends');
    expect(read.map(({ cells }) => cells[10])).toEqual(['5" mass', 'two\nlines', '6" mass', '', 'last']);
  },
);

test('a carriage return that does not end rows of equal length is part of a cell', async () => {
  const { read } = await importText(lines([...HEADER, 'note'], [...ROW, 'two\rlines'], [...OTHER, '']));
  expect(read.map(({ cells }) => cells[10])).toEqual(['two\rlines', '']);
});

describe('pairs of LIBSVM', () => {
  const pairs = (cells: readonly string[]) => cells.map((cell, index) => `${index + 1}:${cell}`).join(' ');

  test('get an identifier and names where the first value can be no grade', async () => {
    const file = lines(
      `2 ${pairs(['1000025', ...GRADES])}`,
      '# comment',
      `4  ${pairs(['1002945', ...OTHER.slice(1)])} `,
    );
    const { read, start, report } = await importText(file);
    expect(start.columns.visible).toEqual(['class', 'id', ...FEATURES]);
    expect(read).toMatchObject([
      { cells: ['2', '1000025', ...GRADES], values: GRADES, line: 1 },
      { cells: ['4', '1002945', ...OTHER.slice(1)], values: OTHER.slice(1), line: 3 },
    ]);
    expect(report.repairs.map(({ code }) => code)).toEqual(['sparse-format']);
  });

  test('may begin with index 0, and the last row of a file without a final line end counts', async () => {
    const fromZero = GRADES.map((cell, index) => `${index}:${cell}`).join(' ');
    const { read, start } = await importText(`2 ${fromZero}`);
    expect(start.columns.visible).toEqual(['class', ...FEATURES.map((_, index) => `V${index + 1}`)]);
    expect(read).toMatchObject([{ cells: ['2', ...GRADES], values: GRADES }]);
  });

  test.each(['2 1:5 999999999:1\n', '2 0:5 1001:1\n', '2 1:5 99999999999999999999:1'])(
    'with more columns than are allowed are refused before they take memory: %s',
    async (file) => {
      await expect(importText(file)).rejects.toMatchObject({ code: 'too-many-columns' });
    },
  );

  test('without an identifier get the names V1, V2 …; an omitted value is 0, and a malformed row has a fault', async () => {
    const good = Array.from({ length: 600 }, () => `-1 ${pairs(GRADES)}`);
    const { read, start } = await importText(lines(...good, '+1 1:4 9:2', '+1 x', '+1 12:1'), { chunkBytes: 400 });
    expect(start.columns.visible).toEqual(['class', ...FEATURES.map((_, index) => `V${index + 1}`)]);
    expect(read.slice(599).map(({ values, fault }) => fault?.code ?? values.join())).toEqual([
      GRADES.join(),
      '4,0,0,0,0,0,0,0,2',
      'malformed-row',
      'malformed-row',
    ]);
  });
});

test('each row knows its physical line, also after empty lines and cells of several lines', async () => {
  const file = lines('title', HEADER.concat('note'), '', [...ROW, '"a\nb"'], ',,,,,,,,,,', [...OTHER, 'c']);
  const { read, report } = await importText(file);
  expect(read.map(({ line }) => line)).toEqual([4, 7]);
  expect(report.header_line).toBe(2);
});

test('cells stay as they came, the values after them are canonical', async () => {
  const file = lines(
    [...HEADER, 'note'].join(';'),
    ['P1', ...GRADES.map((grade) => `"${grade},0"`), '"say ""a"""'].join(';'),
    ['P2', ...GRADES, '=1+1'].join(';'),
  );
  const { read, bytes } = await importText(file);
  expect(read[0].cells).toEqual(['P1', ...GRADES.map((grade) => `${grade},0`), 'say "a"']);
  expect(read[0].values).toEqual(GRADES.map((grade) => `${grade}.0`));
  expect(read[1].cells[10]).toBe('=1+1');
  expect(bytes.toString()).toContain('P1;"4,0";"1,0"');
});

test('names of several words do not make blanks the delimiter of a comma file', async () => {
  const names = wdbc.features.map(({ name }) => name.replace(/^(.*)_(mean|se|worst)$/, '$2 of $1 in px'));
  const { start } = await importText(
    lines(
      names,
      names.map(() => '0.5'),
    ),
    { schema: wdbc },
  );
  expect(start.columns.visible).toEqual(names);
});

describe('a file is refused', () => {
  test.each([
    [
      'whose header is one name short',
      lines(FEATURES, ['1', ...GRADES], ['2', ...GRADES.slice(0, -1), '']),
      'header-short',
    ],
    [
      'whose header lacks the row names, where the last cells are all empty',
      lines(FEATURES, ...[1, 2, 3].map((row) => [String(row), ...GRADES.slice(0, -1), ''])),
      'header-short',
    ],
    [
      'whose header lacks the row names, where rows end early',
      lines([...FEATURES, 'note'], ['1', ...GRADES, 'x'], ['2', ...GRADES], ['3', ...GRADES, '']),
      'header-short',
    ],
    [
      'whose header lacks row names that are no numbers, where the last cells are all empty',
      lines(['id', ...FEATURES, 'class'], ...['a', 'b'].map((name) => [name, 'P1', ...GRADES.with(8, '0.1189'), ''])),
      'header-short',
    ],
    [
      'of sparse ARFF',
      lines('@relation r', ...FEATURES.map((name) => `@attribute ${name} numeric`), '@data', '{0 5, 3 2}'),
      'unsupported-format',
    ],
    ['with records above the header', lines(ROW, OTHER, HEADER, ROW), 'rows-above-header'],
    [
      'with the features below each other',
      lines(...HEADER.map((name, column) => [name, ...[ROW, OTHER].map((row) => row[column] ?? '')])),
      'names-in-column',
    ],
    [
      'with a row for each value',
      lines(['id', 'feature', 'grade'], ...[ROW, OTHER].flatMap((row) => FEATURES.map((name) => [row[0]!, name, '5']))),
      'names-in-column',
    ],
    ['with a quote that is never closed', lines('title', HEADER, ['"P1', ...GRADES]), 'unclosed-quote'],
    ['with nothing in it', ' \n\n', 'empty-file'],
    ['with a NUL byte', lines(HEADER, [`P\0`, ...GRADES]), 'nul-byte'],
  ])('%s', async (_, file, code) => {
    await expect(importText(file)).rejects.toMatchObject({ name: 'TabularError', code });
  });

  test('but not one of unknown columns, with the features as a legend beside the records', async () => {
    const legend = FEATURES.map((name) => [...GRADES.map(() => ''), '', name]);
    const records = [1, 2, 3, 4].map((row) => [String(row), ...GRADES, '']);
    const header = ['Nr', ...GRADES.map((_, index) => `Merkmal ${index}`), 'Legende'];
    expect((await importText(lines(header, ...legend, ...records))).rows).toBe(13);
  });

  test('with a row longer than allowed', async () => {
    await expect(
      importText(lines('title', HEADER, ['x'.repeat(2_000), ...GRADES]), { maxRowBytes: 1_000 }),
    ).rejects.toMatchObject({ code: 'row-too-long', line: 3 });
  });
});

describe('a profile', () => {
  const profile = (content: object) => ({ name: 'lab', sha256: 'x', content });

  test('names columns, header line, delimiter, decimal mark and missing words', async () => {
    const german = ['Fallnummer', 'Dicke', ...HEADER.slice(2)];
    const file = lines(
      'Liste',
      german.join(';'),
      ['P1', '4,0', ...GRADES.slice(1)].join(';'),
      ['P2', 'k.A.', ...GRADES.slice(1)].join(';'),
      ['P3', '-9', ...GRADES.slice(1)].join(';'),
    );
    const content = {
      columns: { clump_thickness: 'Dicke', id: 'Fallnummer' },
      header_line: 2,
      delimiter: ';',
      decimal: ',',
      missing: ['k.A.', '-9'],
    } as const;
    const { read, report, start } = await importText(file, { profile: profile(content) });
    expect(read.map(({ values }) => values[0])).toEqual(['4.0', '', '']);
    expect([start.columns.id, report.header_line, report.profile]).toEqual([0, 2, { name: 'lab', sha256: 'x' }]);
  });

  test('says the encoding, which a declared charset overrides', async () => {
    const file = Buffer.concat([
      Buffer.from(`${HEADER.join()},name\n${ROW.join()},Nov`),
      Buffer.from([0xe8]),
      Buffer.from('k\n'),
    ]);
    await expect(importText(file)).rejects.toMatchObject({ code: 'not-utf8', line: 2 });
    expect((await importText(file, { profile: profile({ encoding: 'windows-1250' }) })).read[0].cells[10]).toBe(
      'Novčk',
    );
    expect(
      (await importText(file, { profile: profile({ encoding: 'windows-1250' }), charset: 'iso-8859-1' })).read[0]
        .cells[10],
    ).toBe('Novèk');
  });

  test('that maps columns without letters in their names is used', async () => {
    const file = lines(['0', '1', ...HEADER.slice(2)], ROW, OTHER);
    const { read } = await importText(file, { profile: profile({ columns: { id: '0', clump_thickness: '1' } }) });
    expect(read.map(({ values }) => values)).toEqual([ROW.slice(1), OTHER.slice(1)]);
  });

  test('whose header line is not there is refused', async () => {
    await expect(importText(lines(HEADER, ROW), { profile: profile({ header_line: 7 }) })).rejects.toMatchObject({
      code: 'no-header-line',
    });
  });
});

test('rows of a sheet may be short or wide, since their cells have places of their own', async () => {
  async function* sheet(): AsyncGenerator<SourceRow> {
    yield { cells: ['Cytology list'], line: 1 };
    yield { cells: [...HEADER, 'note'], line: 3 };
    yield { cells: ROW, line: 4 };
    yield { cells: [...OTHER, '', 'aside'], line: 5 };
    yield { cells: OTHER, line: 6, fault: { code: 'formula-without-value', detail: 'cell B6' } };
  }
  const { read, report, start } = await importSource({
    kind: 'rows',
    container: 'xlsx',
    sheet: 'Data',
    rows: sheet(),
    warnings: [{ code: 'hidden-rows', detail: '2' }],
  });
  expect(start.columns.visible).toEqual([...HEADER, 'note', '']);
  expect(read.map(({ line, fault, cells }) => [line, fault?.code, cells[11]])).toEqual([
    [4, undefined, ''],
    [5, undefined, 'aside'],
    [6, 'formula-without-value', ''],
  ]);
  expect(report).toMatchObject({
    container: 'xlsx',
    sheet: 'Data',
    encoding: null,
    delimiter: null,
    header_line: 3,
    skipped_rows: { title: 1 },
  });
});
