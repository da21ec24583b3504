import { MAX_FEATURES } from './custom-schema';
import { createSchema, hasGrades, matchHeader, parseLabel, parseRow, SchemaError, wbc } from './index';

const feature = { name: 'tsh', type: 'real', min: 0, max: 100, unit: 'mU/L', aliases: ['TSH basal'] };
const definition = {
  title: 'Thyroid',
  labels: ['stable', 'relapsed'],
  positive: 'relapsed',
  label_values: [['0'], ['1']],
  label_columns: ['Verlauf'],
  id_columns: ['Fallnummer'],
  missing: ['k.A.'],
  features: [feature, { name: 'age', type: 'integer', min: 0, max: 120 }],
};

function errorsOf(changed: object): { field?: string; code: string }[] {
  try {
    createSchema({ ...definition, ...changed });
  } catch (error) {
    if (error instanceof SchemaError) return error.errors.map(({ field, code }) => ({ field, code }));
    throw error;
  }
  return [];
}

const withFeature = (changed: object) => ({ features: [{ ...feature, ...changed }, definition.features[1]] });

test('reads a file by its own columns, classes and words for missing values', () => {
  const schema = createSchema(definition);
  const match = matchHeader(['Fallnummer', 'TSH basal', 'Age', 'Verlauf'], schema);
  expect(match).toMatchObject({ idColumn: 0, labelColumn: 3, featureColumns: Int32Array.of(1, 2) });
  expect(parseRow(['17', '2.5', 'k.A.', '1'], match, schema)).toMatchObject({ ok: true, sample: { 0: 2.5, 1: NaN } });
  expect(parseRow(['17', '101', '5', '1'], match, schema)).toMatchObject({ ok: false, code: 'out-of-range' });
  expect(parseRow(['17', '', '', '1'], match, schema)).toMatchObject({ ok: false, code: 'too-many-missing' });
  expect(['0', 'STABLE', '1', 'relapsed', '2'].map((text) => parseLabel(text, schema))).toEqual([
    0,
    0,
    1,
    1,
    undefined,
  ]);
});

test('equal columns and labels have one id, whatever describes them; others have another', () => {
  const { id } = createSchema(definition);
  expect(createSchema({ ...definition, title: 'Other', ...withFeature({ title: 'TSH', low: 'none' }) }).id).toBe(id);
  expect(createSchema({ ...definition, ...withFeature({ max: 99 }) }).id).not.toBe(id);
  expect(createSchema({ ...definition, labels: ['relapsed', 'stable'], positive: 'stable' }).id).not.toBe(id);
});

test('the definition comes back in one order, and makes the same schema', () => {
  const schema = createSchema(Object.fromEntries(Object.entries(definition).toReversed()));
  expect(JSON.stringify(schema.definition)).toBe(JSON.stringify(createSchema(definition).definition));
  expect(createSchema(schema.definition)).toEqual(schema);
});

test.each<[string, object, string]>([
  ['features', { features: [] }, 'feature-count'],
  [
    'features',
    { features: Array.from({ length: MAX_FEATURES + 1 }, (_, i) => ({ ...feature, name: `f${i}` })) },
    'feature-count',
  ],
  ['features.0', { features: [5] }, 'not-an-object'],
  ['features.0.name', withFeature({ name: 'T S H' }), 'invalid-name'],
  ['features.0.name', withFeature({ name: '__proto__' }), 'invalid-name'],
  ['features.0.name', withFeature({ name: 'patient_id', aliases: [] }), 'duplicate-name'],
  ['features.1.name', withFeature({ aliases: ['AGE'] }), 'duplicate-name'],
  ['features.1.name', withFeature({ aliases: ['Age+'] }), 'duplicate-name'],
  ['features.0.aliases', withFeature({ aliases: ['%'] }), 'invalid-name'],
  ['id_columns.0', { id_columns: ['Class'] }, 'duplicate-name'],
  ['features.0.min', withFeature({ min: 100 }), 'out-of-range'],
  ['features.0.min', withFeature({ max: 1e300 }), 'out-of-range'],
  ['features.0.min', withFeature({ type: 'integer', max: 1.5 }), 'out-of-range'],
  ['features.0.type', withFeature({ type: 'text' }), 'invalid-type'],
  ['features.0.unit', withFeature({ unit: 5 }), 'invalid-text'],
  ['features.0.formula', withFeature({ formula: 'x' }), 'unknown-member'],
  ['title', { title: '' }, 'invalid-text'],
  ['labels', { labels: ['a', 'A'], positive: 'A' }, 'invalid-labels'],
  ['labels', { labels: ['=1+1', 'b'], positive: 'b' }, 'invalid-labels'],
  ['labels', { labels: ['repeat', 'b'], positive: 'b' }, 'invalid-labels'],
  ['labels', { labels: ['Other', 'b'], positive: 'b' }, 'invalid-labels'],
  ['labels', { labels: ['b１', 'b1'], positive: 'b1', label_values: undefined }, 'invalid-labels'],
  ['labels', { labels: [{ toString: 5 }, 'b'], positive: 'b' }, 'invalid-labels'],
  ['labels', { labels: ['na', 'b'], positive: 'b', label_values: undefined }, 'invalid-labels'],
  ['labels', { missing: ['Relapsed'] }, 'invalid-labels'],
  ['labels', { label_values: [['0'], ['?']] }, 'invalid-labels'],
  ['positive', { positive: 'stable' }, 'invalid-labels'],
  ['label_values', { label_values: [['1'], ['1']] }, 'invalid-labels'],
  ['label_columns.0', { label_columns: [''] }, 'invalid-text'],
  ['max_missing', { max_missing: 2 }, 'out-of-range'],
  ['code', { code: 'x' }, 'unknown-member'],
])('names %s of a bad definition', (field, changed, code) => {
  expect(errorsOf(changed)[0]).toEqual({ field, code });
});

test('names a text that both labels share beside other faults, and at most a hundred faults', () => {
  expect(errorsOf({ code: 'x', label_values: [['1'], ['1']] }).map(({ field }) => field)).toEqual([
    'code',
    'label_values',
  ]);
  const unknown = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`m${i}`, i]));
  expect(errorsOf(unknown)).toHaveLength(100);
});

test('refuses what is no object', () => {
  for (const given of [null, 5, 'x', []]) expect(() => createSchema(given)).toThrow(SchemaError);
});

test('grades are whole numbers from 1 on one scale of at most ten', () => {
  const graded = (changed: object) =>
    hasGrades(createSchema({ ...definition, features: [{ name: 'a', type: 'integer', min: 1, max: 10, ...changed }] }));
  expect(hasGrades(wbc)).toBe(true);
  expect([graded({}), graded({ max: 11 }), graded({ min: 0 }), graded({ type: 'real' })]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
