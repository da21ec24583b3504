import { parseRow, wbc, wdbc } from '@cytoqueue/schema';
import { FEATURES, GRADES, HEADER, OTHER, ROW, importText, lines } from '../test/imported';

describe('rows that no model may score', () => {
  test('those below a header in another order, until the first header comes again', async () => {
    const swapped = [HEADER[0], HEADER[2], HEADER[1], ...HEADER.slice(3)];
    const { read, report } = await importText(lines(HEADER, ROW, swapped, OTHER, OTHER, HEADER, ROW));
    expect(read.map(({ fault }) => fault?.code)).toEqual([
      undefined,
      'header-changed',
      'header-changed',
      'header-changed',
      undefined,
    ]);
    expect(read[2].fault?.detail).toBe(
      'row 2 (line 3) is a header in another order, and this row stands below it: "P2", "9", "7", "8", "5", "6", "10", "7", "8", "3"',
    );
    expect(report.skipped_rows.repeated_header).toBe(1);
  });

  test.each([
    [
      'aliases',
      ['id', 'Mit', 'NormNucl', 'BlandChrom', 'BareNuc', 'SingEpiSize', 'MargAdh', 'UnifShape', 'UnifSize', 'Clump'],
    ],
    ['the identifier at the end', [...HEADER.slice(1), 'id']],
    ['one column less', HEADER.slice(0, -1)],
    [
      'quotes and a byte order mark',
      ['"\uFEFFid"', '"mitoses"', ...HEADER.slice(2, -1).map((name) => `"${name}"`), '"clump_thickness"'],
    ],
  ])('those below a second header with %s', async (_, header) => {
    const { read } = await importText(lines(HEADER, ROW, header, OTHER));
    expect(read.map(({ fault }) => fault?.code)).toEqual([undefined, 'header-changed', 'header-changed']);
  });

  test('a header in other words and the same order is no record, and the rows below it are', async () => {
    const { read } = await importText(
      lines(
        HEADER,
        ROW,
        ['ID', 'Clump', 'UnifSize', 'UnifShape', 'MargAdh', 'SingEpiSize', 'BareNuc', 'BlandChrom', 'NormNucl', 'Mit'],
        OTHER,
      ),
    );
    expect(read.map(({ fault }) => fault?.code)).toEqual([undefined, 'not-a-record', undefined]);
  });

  test.each([
    ['the numbers of the columns', HEADER, HEADER.map((_, index) => String(index + 1))],
    ['the numbers of the columns from 0', HEADER, HEADER.map((_, index) => String(index))],
    ['the numbers of the features', HEADER, ['', ...FEATURES.map((_, index) => String(index + 1))]],
    ['Max in place of the identifier', HEADER, ['Max', ...FEATURES.map(() => '10')]],
    ['mean: in place of the identifier', HEADER, ['mean:', ...GRADES]],
    ['75%, as pandas describes', HEADER, ['75%', ...GRADES]],
    ['Lowest in a note, without an identifier', [...HEADER, 'note'], ['', ...FEATURES.map(() => '1'), 'Lowest']],
    ['Summe in the first column of a file without identifiers', ['Zeile', ...FEATURES], ['Summe', ...GRADES]],
  ])('%s', async (_, header, row) => {
    const { read } = await importText(lines(header, [...ROW, ...header.slice(10).map(() => '')], row));
    expect(read.map(({ fault }) => fault?.code)).toEqual([undefined, 'not-a-record']);
  });

  test.each([
    ['a patient called Max', ['name', ...FEATURES], ['Max', ...GRADES]],
    ['a note "total" beside an identifier', [...HEADER, 'note'], [...ROW, 'total']],
    ['ascending grades', HEADER, ['P7', '1', '2', '3', '4', '5', '6', '7', '8', '9']],
    ['a row without an identifier', HEADER, ['', ...FEATURES.map(() => '10')]],
  ])('but not %s', async (_, header, row) => {
    const { read } = await importText(lines(header, row));
    expect(read.map(({ fault }) => fault)).toEqual([undefined]);
  });

  test('rows with other cells than the header, of which the detail shows all', async () => {
    const { read } = await importText(lines(HEADER, ROW, ROW.slice(0, 9), [...ROW, 'x']));
    expect(read.map(({ fault }) => fault?.code)).toEqual([undefined, 'column-count', 'column-count']);
    expect(read[1].fault?.detail).toBe('row has 9 cells, the header 10: "P1", "4", "1", "2", "1", "2", "1", "3", "1"');
  });

  test('a row of malformed quotes', async () => {
    const { read } = await importText(lines('title', HEADER, ROW, ['"P3" x', ...GRADES]));
    expect(read.map(({ fault }) => fault?.code)).toEqual([undefined, 'malformed-quotes']);
  });
});

describe('trailing cells that a program dropped', () => {
  const header = [...HEADER, 'class', 'note', 'reviewer'];
  test('are empty where the class shows that nothing else is missing', async () => {
    const { read, report } = await importText(
      lines(header, [...ROW, '2', '', ''], [...OTHER, '4'], [...OTHER, '2', 'x']),
    );
    expect(read.map(({ cells }) => cells.slice(10))).toEqual([
      ['2', '', ''],
      ['4', '', ''],
      ['2', 'x', ''],
    ]);
    expect(report.repairs.map(({ code }) => code)).toEqual(['dropped-trailing-cells']);
  });

  test('make a row rejected where a cell further left is missing', async () => {
    const { read } = await importText(
      lines(header, [...ROW, '2'], ['18', '1', '1', '2', '2', '1', '1', '1', '1', '2', 'x']),
    );
    expect(read.map(({ fault }) => fault?.code)).toEqual([undefined, 'column-count']);
  });
});

describe('warnings', () => {
  test('name rows without an identifier', async () => {
    const { warnings, warnings_total } = await importText(lines(HEADER, ROW, ['', ...GRADES], ['', ...GRADES]));
    expect(warnings).toMatchObject([
      { code: 'no-identifier', row: 2, line: 3, column: 'id' },
      { row: 3, line: 4 },
    ]);
    expect(warnings_total).toBe(2);
  });

  test.each(['?', 'NA', 'n/a', '#N/A', 'null', 'Unknown', '#REF!', '#DIV/0!', '#NAME?', '########'])(
    'name rows whose identifier is %j as rows without one, which is not one identifier with two classes',
    async (id) => {
      const { warnings, rows } = await importText(
        lines([...HEADER, 'class'], [id, ...GRADES, '2'], [id, ...GRADES, '4'], ['#17', ...GRADES, '2']),
      );
      expect(rows).toBe(3);
      expect(warnings.map(({ code, row }) => [code, row])).toEqual([
        ['no-identifier', 1],
        ['no-identifier', 2],
      ]);
    },
  );

  test('name a cell that has swallowed rows, and no cell of several lines of text', async () => {
    const header = [...HEADER, 'note'];
    const { warnings, rows } = await importText(
      lines(header, [...ROW, '"left'], [...OTHER, 'ok'], [...OTHER, 'right"'], [...ROW, '"two lines,\nof text"']),
    );
    expect(rows).toBe(2);
    expect(warnings).toMatchObject([{ code: 'quote-spans-rows', row: 1, line: 2, column: 'note' }]);
  });

  const graded = (grades: readonly number[], rows = 40) =>
    lines(
      HEADER,
      ...Array.from({ length: rows }, (_, row) => [
        `P${row}`,
        ...FEATURES.map((__, feature) => String(grades[(((row + 7) * (feature + 3) * 389) % 1009) % grades.length])),
      ]),
    );

  test.each([
    ['0 to 9', graded([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 'If the file grades from 0 to 9'],
    ['1 to 5', graded([1, 2, 3, 4, 5]), 'If the file grades from 1 to 5'],
  ])('say that the grades seem to run from %s', async (_, file, detail) => {
    const { warnings } = await importText(file);
    expect(warnings).toEqual([{ code: 'grade-scale', detail: expect.stringContaining(detail) as string }]);
  });

  test.each([
    ['grades up to 10', graded([1, 2, 3, 5, 10])],
    ['a stray 0', graded([0, 1, 2, 10])],
    ['too few rows of low grades', graded([1, 2, 3, 4, 5], 19)],
    ['benign cases', lines(HEADER, ...Array.from({ length: 200 }, () => ['P', '5', ...GRADES.slice(1)]))],
    ['fractions', lines(HEADER, ...Array.from({ length: 200 }, () => ['P', ...GRADES.slice(1).map(() => '0.5'), '0']))],
  ])('say nothing of the scale for %s', async (_, file) => {
    expect((await importText(file)).warnings).toEqual([]);
  });

  test.each(['1.00003E+06', '123456789012345000', '12345678901234567000', '12345678901234500000'])(
    'name an identifier that a spreadsheet rounded to %s',
    async (id) => {
      expect((await importText(lines(HEADER, ROW, [id, ...GRADES]))).warnings).toMatchObject([
        { code: 'rounded-identifier', row: 2, line: 3 },
      ]);
    },
  );

  test('are listed up to a hundred and counted all', async () => {
    const { warnings, warnings_total } = await importText(
      lines(HEADER, ...Array.from({ length: 250 }, () => ['', ...GRADES])),
    );
    expect([warnings.length, warnings_total]).toEqual([100, 250]);
  });
});

test('thousands points of a file with decimal commas are no decimal points', async () => {
  const values: string[] = wdbc.features.map(({ name }) => (name.startsWith('area') ? '1.001,5' : '0,5'));
  const { read } = await importText(
    lines(
      ['id', ...wdbc.features.map(({ name }) => name)].join(';'),
      ['P1', ...values].join(';'),
      ['P2', ...values.with(3, '1.001')].join(';'),
      ['P3', ...values.with(3, '17.99')].join(';'),
    ),
    { schema: wdbc },
  );
  expect(read.map((row) => row.values[3])).toEqual(['1001.5', '1001', '!']);
  expect(read[2].fault).toMatchObject({ code: 'not-a-number' });
});

test('a value passes into a sample exactly as the schema reads its cell', async () => {
  const { read } = await importText(
    lines('title', HEADER, ['P1', '4.00E+00', '１', ' 2 ', '1.0', '?', 'n/a', '3', '11', 'x']),
  );
  const match = { columns: FEATURES, featureColumns: Int32Array.from(FEATURES.keys()), matchedBy: [] };
  expect(parseRow(read[0].values, match, wbc)).toMatchObject({
    ok: false,
    detail: 'normal_nucleoli: "11" is outside 1 to 10; mitoses: "x" is not a whole number from 1 to 10',
  });
});
