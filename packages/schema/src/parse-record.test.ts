import { parseRecord, SchemaError, wbc } from './index';

const record = {
  clump_thickness: 5,
  uniformity_of_cell_size: 1,
  uniformity_of_cell_shape: 1,
  marginal_adhesion: 1,
  single_epithelial_cell_size: 2,
  bare_nuclei: 10,
  bland_chromatin: 3,
  normal_nucleoli: 1,
  mitoses: 1,
};
const { bare_nuclei: _, ...withoutBareNuclei } = record;

function errorOf(input: unknown): SchemaError {
  try {
    parseRecord(input, wbc);
  } catch (error) {
    if (error instanceof SchemaError) return error;
  }
  throw new Error('the record was accepted');
}

test('reads a complete record', () => {
  expect(parseRecord(record, wbc)).toEqual(record);
});

test('accepts aliases and answers with canonical names', () => {
  expect(parseRecord({ ...withoutBareNuclei, 'Bare Nucleoli': 10 }, wbc)).toEqual(record);
});

test.each([null, '?'])('%j is "not measured"', (value) => {
  expect(parseRecord({ ...record, bare_nuclei: value }, wbc)).toEqual({ ...record, bare_nuclei: null });
});

test.each(['5', '', 'NA', 5.5, true, [5], {}, undefined, NaN])('%j is not a whole number', (value) => {
  const { errors } = errorOf({ ...record, mitoses: value });
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ field: 'mitoses', code: 'not-an-integer', received: value });
});

test.each([0, 11, -1, 1e9])('%d is out of range', (value) => {
  const { mitoses: __, ...rest } = record;
  expect(errorOf({ ...rest, Mit: value }).errors).toEqual([
    { field: 'Mit', code: 'out-of-range', detail: 'Mit is outside 1 to 10', received: value },
  ]);
});

test('names every bad field at once, and no value in its message', () => {
  const error = errorOf({ ...withoutBareNuclei, age: 61, clump: 5, mitoses: 99 });
  expect(error.errors.map(({ field, code }) => [field, code])).toEqual([
    ['age', 'unknown-feature'],
    ['clump', 'duplicate-feature'],
    ['bare_nuclei', 'missing-feature'],
    ['mitoses', 'out-of-range'],
  ]);
  expect(error.errors[1].detail).toBe('clump_thickness and clump both mean clump_thickness');
  expect(error.message).toBe('unknown-feature and 3 more');
});

test.each(['sample_code_number', 'id', 'class', '__proto__', 'constructor'])('%s is not a feature', (key) => {
  const input = JSON.parse(JSON.stringify(record).replace('}', `,"${key}":1}`));
  expect(errorOf(input).errors).toMatchObject([{ field: key, code: 'unknown-feature' }]);
});

test('rejects a record with five unmeasured features, naming them', () => {
  const unmeasured = { clump_thickness: null, bare_nuclei: null, bland_chromatin: '?', normal_nucleoli: null };
  expect(parseRecord({ ...record, ...unmeasured }, wbc)).toEqual({
    ...record,
    ...unmeasured,
    bland_chromatin: null,
  });
  const { errors } = errorOf({ ...record, ...unmeasured, mitoses: null });
  expect(errors).toMatchObject([{ field: 'clump_thickness', code: 'too-many-missing' }]);
  expect(errors[0].detail).toContain('clump_thickness, bare_nuclei, bland_chromatin, normal_nucleoli, mitoses');
});

test.each([null, undefined, 5, 'x', [5, 1, 1]])('%j is not a record', (input) => {
  expect(errorOf(input).code).toBe('not-an-object');
});
