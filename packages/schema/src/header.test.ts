import { countFeatureColumns, matchHeader, SchemaError, wbc, wdbc } from './index';

const names = wbc.features.map(({ name }) => name);
const lab = [
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

function errorsOf(columns: string[]): SchemaError {
  try {
    matchHeader(columns, wbc);
  } catch (error) {
    if (error instanceof SchemaError) return error;
  }
  throw new Error('the header was accepted');
}

test('finds the columns of another lab, and which of them are not features', () => {
  const match = matchHeader(lab, wbc);
  expect(Array.from(match.featureColumns)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(match.matchedBy).toEqual(Array(9).fill('alias'));
  expect(match).toMatchObject({ columns: lab, idColumn: 0, labelColumn: 10 });
});

test('finds identifier and class in spellings of features, and never takes a feature for them', () => {
  expect(matchHeader(['PatientID', ...names, '11. Class (2/4):'], wbc)).toMatchObject({ idColumn: 0, labelColumn: 10 });
  const named = { ...wbc, features: wbc.features.with(0, { ...wbc.features[0]!, name: 'patient_(age)' }) };
  expect(matchHeader(['Patient (age)', ...names.slice(1)], named).idColumn).toBeUndefined();
});

test('maps features to columns in any order', () => {
  const match = matchHeader([...names].reverse(), wbc);
  expect(Array.from(match.featureColumns)).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0]);
  expect(match.idColumn).toBeUndefined();
  expect(match.labelColumn).toBeUndefined();
});

test("finds scikit-learn's and the UCI repository's Diagnostic columns", () => {
  const sklearn = wdbc.features.map(({ aliases }) => aliases[0].replaceAll('_', ' '));
  const uci = wdbc.features.map(({ aliases }) => aliases[1]);
  expect(countFeatureColumns(sklearn, wdbc)).toBe(30);
  expect(matchHeader([...uci, 'Diagnosis'], wdbc).labelColumn).toBe(30);
});

test('counts features once and other columns never', () => {
  expect(countFeatureColumns(lab, wbc)).toBe(9);
  expect(countFeatureColumns(['id', 'clump', 'Clump Thickness', 'note'], wbc)).toBe(1);
  expect(countFeatureColumns([lab.join(';')], wbc)).toBe(0);
});

test('names every missing column', () => {
  const error = errorsOf(['id', ...names.slice(2), 'class']);
  expect(error.code).toBe('missing-column');
  expect(error.errors.map(({ field, code }) => [field, code])).toEqual([
    ['clump_thickness', 'missing-column'],
    ['uniformity_of_cell_size', 'missing-column'],
  ]);
});

test('names both columns that mean one feature', () => {
  const error = errorsOf(['Clump', ...names]);
  expect(error.code).toBe('duplicate-column');
  expect(error.errors).toHaveLength(1);
  expect(error.errors[0]).toMatchObject({ field: 'clump_thickness', column: 'clump_thickness' });
  expect(error.errors[0].detail).toContain('"Clump" and "clump_thickness"');
});

test.each([
  [['1000025', '5', '1', '1', '1', '2', '1', '3', '1', '1', '2']],
  [['1057013', '8', '4', '5', '1', '2', '?', '7', '3', '1', 'malignant']],
  [['']],
])('says that %j is not a header, without repeating it', (cells) => {
  const error = errorsOf(cells);
  expect(error.code).toBe('no-header');
  expect(error.errors[0].detail).not.toContain('1000025');
  expect(error.message).toBe('no-header');
});

test.each([
  [['X', ...names.map((_, index) => `X${index + 1}`), 'y'], 'X1 … X9'],
  [Array.from({ length: 11 }, (_, index) => `Column${index + 1}`), 'Column1 … Column11'],
  [['id', ...names.map((_, index) => `feature_${index}`)], 'feature_0 … feature_8'],
  [Array.from({ length: 10 }, (_, index) => `V${index + 1}`), 'V1 … V10'],
  [Array.from({ length: 10 }, (_, index) => `V${index}`), 'V0 … V9'],
])('says that the columns %j have no names', (columns, range) => {
  const error = errorsOf(columns);
  expect(error.code).toBe('ambiguous-columns');
  expect(error.errors[0].detail).toContain(`the columns have no names (${range})`);
});

test('a header of unknown words lacks columns rather than being data', () => {
  expect(errorsOf(['name', 'age', 'town']).errors).toHaveLength(9);
});
