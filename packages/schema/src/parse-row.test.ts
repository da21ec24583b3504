import fc from 'fast-check';
import { matchHeader, parseRow, wbc, wdbc } from './index';

const header = [
  'ID',
  'Clump',
  'UnifSize',
  'UnifShape',
  'MargAdh',
  'SingEpiSize',
  'BareNuc',
  'BlandChrom',
  'NormNucl',
  'Mit',
  'Class',
];
const match = matchHeader(header, wbc);
const parse = (cells: string[]) => parseRow(cells, match, wbc);
const rowWith = (clump: string, bareNuclei = '10') => [
  '1000025',
  clump,
  '1',
  '1',
  '1',
  '2',
  bareNuclei,
  '3',
  '1',
  '1',
  '2',
];

test('reads the features and nothing else', () => {
  expect(parse(rowWith('5'))).toEqual({
    ok: true,
    sample: Float64Array.of(5, 1, 1, 1, 2, 10, 3, 1, 1),
    missingMask: 0,
  });
});

test('no other column ever reaches the sample, wherever it stands', () => {
  const columns = fc.shuffledSubarray(header, { minLength: header.length });
  const grades = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 9, maxLength: 9 });
  fc.assert(
    fc.property(columns, grades, fc.string(), fc.string(), (shuffled, values, id, label) => {
      const cellsByColumn = new Map(header.map((column, index) => [column, String(values[index - 1])]));
      cellsByColumn.set('ID', id).set('Class', label);
      const cells = shuffled.map((column) => cellsByColumn.get(column) ?? '');
      const result = parseRow(cells, matchHeader(shuffled, wbc), wbc);
      expect(result).toEqual({ ok: true, sample: Float64Array.from(values), missingMask: 0 });
    }),
  );
});

test.each([
  '5',
  ' 5\t',
  '05',
  '5.0',
  '5.000',
  '5.',
  '+5',
  '+5.0',
  '5.e0',
  '5e0',
  '5.00E+00',
  '50e-1',
  '５',
  '5\u200b',
  '\ufeff5',
  '\u00a05',
])('reads %j as 5', (text) => {
  expect(parse(rowWith(text))).toMatchObject({ ok: true, sample: { 0: 5 } });
});

test.each([
  '',
  '  ',
  '?',
  ' ? ',
  'NA',
  'NaN',
  'na',
  'nan',
  'N/A',
  '#N/A',
  '<NA>',
  'None',
  'NULL',
  'nil',
  '.',
  '-',
  'Missing',
  'unknown',
  '\u200b',
])('reads %j as not measured', (text) => {
  const result = parse(rowWith(text, text));
  expect(result).toMatchObject({ ok: true, missingMask: 0b100001, sample: { 0: NaN, 5: NaN } });
});

test.each([
  ['5.5', 'not-an-integer'],
  ['5.5e0', 'not-an-integer'],
  ['5e', 'not-an-integer'],
  ['5²', 'not-an-integer'],
  ['5+', 'not-an-integer'],
  ['++5', 'not-an-integer'],
  ['5,0', 'not-an-integer'],
  ['0x5', 'not-an-integer'],
  ['five', 'not-an-integer'],
  ['--', 'not-an-integer'],
  ['5..', 'not-an-integer'],
  ['+', 'not-an-integer'],
  ['٥', 'not-an-integer'],
  ['0', 'out-of-range'],
  ['11', 'out-of-range'],
  ['-1', 'out-of-range'],
  ['-9', 'out-of-range'],
  ['−9', 'out-of-range'],
  ['1'.repeat(400), 'out-of-range'],
])('rejects %j as %s, naming the column by its own name', (text, code) => {
  const result = parse(rowWith(text));
  expect(result).toMatchObject({ ok: false, code, column: 'Clump' });
  expect(!result.ok && result.detail.length).toBeLessThan(120);
});

test.each([
  ['2026-03-05', 'it is a date'],
  ['05.10.2026', 'it is a date'],
  ['3/5/26', 'it is a date'],
  ['Oct-10', 'it is a date'],
  ['5-ene', 'it is a date'],
  ['5-févr.', 'it is a date'],
  ['10. août', 'it is a date'],
  ['5-set', 'it is a date'],
  ['5. Mai', 'it is a date'],
  ['5/10', 'write the grade alone'],
  ['5,0', 'it uses a decimal comma'],
])('explains %j', (text, hint) => {
  expect(parse(rowWith(text))).toHaveProperty('detail', expect.stringContaining(`from 1 to 10 (${hint}`));
});

test.each([['="5"'], ["'5"], ["'5'"], [' "5"'], ['\'="5"']])('reads the grade in %j', (text) => {
  expect(parse(rowWith(text))).toMatchObject({ ok: true });
});

test('names every bad cell', () => {
  const detail = 'Clump: "x" is not a whole number from 1 to 10; BareNuc: "12" is outside 1 to 10';
  expect(parse(rowWith('x', '12'))).toEqual({ ok: false, code: 'not-an-integer', column: 'Clump', detail });
});

test('rejects a row of another length and shows all its cells', () => {
  const rejected = parse([...rowWith('5'), 'a', 'b,c']);
  expect(rejected).toMatchObject({ ok: false, code: 'column-count' });
  expect(rejected).toHaveProperty(
    'detail',
    expect.stringMatching(/^row has 13 cells, the header 11: "[^;]*"; beyond the header: "a", "b,c"$/),
  );
  expect(parse(['7'])).toEqual({ ok: false, code: 'column-count', detail: 'row has 1 cell, the header 11: "7"' });
  expect(parse(Array(250).fill('7'))).toHaveProperty('detail', expect.stringMatching(/"7" and 139 more$/));
});

test.each([',', ';', '\t', '|'])('names %j as the delimiter of a row that is one cell', (delimiter) => {
  expect(parse([rowWith('5').join(delimiter)])).toHaveProperty(
    'detail',
    expect.stringContaining(`; separated by ${JSON.stringify(delimiter)} it has as many: the row`),
  );
});

test('accepts four unmeasured features and rejects five, naming them', () => {
  expect(parse(['1', '?', '', 'NA', 'NaN', '2', '1', '3', '1', '1', '2'])).toMatchObject({
    ok: true,
    missingMask: 0b1111,
  });
  expect(parse(['1', '?', '', 'NA', 'NaN', '', '1', '3', '1', '1', '2'])).toEqual({
    ok: false,
    code: 'too-many-missing',
    column: 'Clump',
    detail: '5 features are not measured, at most 4 may be: Clump, UnifSize, UnifShape, MargAdh, SingEpiSize',
  });
});

describe('decimal features', () => {
  const columns = wdbc.features.map(({ name }) => name);
  const parseFirst = (text: string) => parseRow([text, ...Array(29).fill('1')], matchHeader(columns, wdbc), wdbc);

  test.each([
    ['17.99', 17.99],
    ['1e-3', 0.001],
    ['.5', 0.5],
    ['0', 0],
    ['-0', 0],
    [' 1001 ', 1001],
  ])('%j is %d', (text, value) => {
    expect(parseFirst(text)).toMatchObject({ ok: true, sample: { 0: value } });
  });

  test.each([
    ['1,5', 'not-a-number'],
    ['Infinity', 'not-a-number'],
    ['-0.1', 'out-of-range'],
    ['1e999', 'out-of-range'],
  ])('%j is %s', (text, code) => {
    expect(parseFirst(text)).toMatchObject({ ok: false, code, column: 'radius_mean' });
  });
});

test('a row that several rows with other line ends have become says so', () => {
  const { detail } = parse([...rowWith('1'), '2\rP2', ...rowWith('2')]) as { detail: string };
  expect(detail).toContain('some cells hold line ends, perhaps of further rows: ');
});
