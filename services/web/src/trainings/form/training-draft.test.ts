import { createSchema } from '@cytoqueue/schema';
import type { TableStart } from './table-start';
import { EMPTY_DRAFT, type TrainingDraft, featureRows, openQuestion, readFacts, toRequest } from './training-draft';

const TABLE: TableStart = {
  columns: ['Fallnummer', 'TSH (mU/L)', 'fT4', 'Größe', 'Größe_', 'Station', 'constant', '3', 'Verlauf'],
  rows: [
    ['F1', '0,5', '10', '1', '4', 'A', '7', '1', '0'],
    ['F1', '1.5', 'k.A.', '2', '?', 'B', '7', '2', '1'],
    ['F2', '200', '12', '', '6', 'A', '7', '3', '0'],
  ],
  isComplete: true,
};
const DRAFT: TrainingDraft = {
  ...EMPTY_DRAFT,
  name: 'mylab',
  schema: 'own',
  label: 'Verlauf',
  group: 'Fallnummer',
  missing: 'k.A., unbekannt',
  classNames: { 0: 'euthyroid', 1: 'relapsed' },
  positive: '1',
};

const facts = (draft: TrainingDraft, table = TABLE) => readFacts(table, draft);
const ask = (changes: Partial<TrainingDraft>) => {
  const draft = { ...DRAFT, ...changes };
  return openQuestion(draft, facts(draft));
};

test('columns of numbers are prefilled with type and range; class, patient, texts and constants are not chosen', () => {
  const rows = featureRows(DRAFT, facts(DRAFT));
  expect(rows.map(({ column, isChosen, type, min, max }) => [column, isChosen, type, min, max])).toEqual([
    ['TSH (mU/L)', true, 'real', '0.5', '200'],
    ['fT4', true, 'integer', '10', '12'],
    ['Größe', true, 'integer', '1', '2'],
    ['Größe_', true, 'integer', '4', '6'],
    ['constant', false, 'integer', '7', '7'],
    ['3', true, 'integer', '1', '3'],
  ]);
  const [, withoutWord] = featureRows(DRAFT, facts({ ...DRAFT, missing: '' }));
  expect(withoutWord.otherTexts).toEqual(['k.A.']);
});

test('numbers of rows or patients are not chosen as features', () => {
  const rows = Array.from({ length: 30 }, (_, row) => [`${row * 7}`, `${row % 5}`, `${row % 9}`, row % 2 ? 'a' : 'b']);
  const table = { columns: ['Eingang', 'patient id', 'grade', 'class'], rows, isComplete: true };
  const draft = { ...EMPTY_DRAFT, label: 'class' };
  expect(featureRows(draft, facts(draft, table)).filter(({ isChosen }) => isChosen)).toMatchObject([
    { column: 'grade' },
  ]);
});

test('the first thing that is missing is named, and nothing for a complete draft', () => {
  expect(ask({})).toBeUndefined();
  expect(ask({ name: 'My lab' })).toContain('name of lower-case letters');
  expect(ask({ schema: '' })).toBe('Choose which features the file has.');
  expect(ask({ label: '' })).toBe('Choose the column with the known diagnosis.');
  expect(ask({ group: 'Verlauf' })).toContain('cannot be the same column');
  expect(ask({ seed: '-1' })).toBe('The seed must be a whole number of at most nine digits.');
  expect(ask({ seed: '1.5' })).toContain('The seed must be');
  expect(ask({ seed: '0' })).toBeUndefined();
  expect(ask({ label: 'Station', positive: 'A' })).toBeUndefined();
  expect(ask({ label: '3' })).toBe('The column 3 must hold two classes; it holds 3.');
  expect(ask({ positive: '' })).toBe('Choose the class that the probability is about.');
  expect(ask({ classNames: {} })).toBe('Name both classes; a name begins with a letter.');
  expect(ask({ classNames: { 0: 'a', 1: 'A' } })).toBe('Give the two classes different names.');
  expect(ask({ features: { fT4: { min: '12' } } })).toBe('fT4: the lowest value must be below the highest one.');
  expect(ask({ features: { fT4: { max: '12.5' } } })).toContain('fT4: give whole numbers');
  expect(ask({ features: { fT4: { max: '' } } })).toContain('fT4: give the lowest');
  const none = Object.fromEntries(TABLE.columns.map((column) => [column, { isChosen: false }]));
  expect(ask({ features: none })).toBe('Choose at least one feature.');
  expect(openQuestion(DRAFT, null)).toContain('from a CSV or TSV file only');
  expect(openQuestion({ ...DRAFT, schema: 'wbc' }, null)).toBeUndefined();
});

test('the request of a known schema names it; that of own features describes them as the API accepts it', () => {
  expect(toRequest({ ...DRAFT, schema: 'wdbc', group: '' }, null)).toEqual({
    name: 'mylab',
    schema: 'wdbc',
    label: 'Verlauf',
  });
  const { schema, ...others } = toRequest({ ...DRAFT, features: { Größe_: { isChosen: false } } }, facts(DRAFT));
  expect(others).toEqual({ name: 'mylab', label: 'Verlauf', group: 'Fallnummer' });
  const accepted = createSchema(schema);
  expect(accepted.features.map(({ name, min, max, integer }) => [name, min, max, integer])).toEqual([
    ['tsh_mu_l', 0.5, 200, false],
    ['ft4', 10, 12, true],
    ['grosse', 1, 2, true],
    ['feature_3', 1, 3, true],
  ]);
  expect(accepted.labels).toEqual(['euthyroid', 'relapsed']);
  expect(accepted.labelTokens).toEqual([
    ['euthyroid', '0'],
    ['relapsed', '1'],
  ]);
  expect(accepted.missingTokens).toEqual(expect.arrayContaining(['k.A.', 'unbekannt']));
  expect(accepted.idColumns).toContain('fallnummer');
});
