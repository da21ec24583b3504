import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModel } from '@cytoqueue/classifier';
import { type Schema, wdbc } from '@cytoqueue/schema';
import { readTrainingFile } from '../../../../scripts/src/train/training-file';
import { thyroidRows, thyroidSchema } from '../../../../test/src/support/third-schema';
import { createTrainingSet, groupById, type LabelledSample } from '../training-data';
import { writeOwnCard } from './own-card';
import { answerFold, fitOwnModel, type OwnModelOptions, ownModelFile } from './own-model';

const options = (schema: Schema): OwnModelOptions => ({
  name: 'own/mylab',
  schema,
  seed: 2,
  folds: 10,
  repetitions: 1,
  dataDigest: `sha256:${'1'.repeat(64)}`,
});

const numbers = Array.from({ length: 10 }, (_, index) => index + 1);

function train(labelled: readonly LabelledSample[], schema: Schema) {
  const data = { training: createTrainingSet(labelled, schema), groups: groupById(labelled) };
  const answers = numbers.map((number) => answerFold(data, options(schema), number));
  return fitOwnModel(data, options(schema), answers);
}

test('the figures of the Diagnostic data are those of the shipped evaluation, whose folds are the same', () => {
  const { complete } = readTrainingFile(join(__dirname, '../../../schema/data/wisconsin-diagnostic.csv'), wdbc);
  const report = join(__dirname, '../../../registry/models/wdbc-knn/1.0.0/evaluation.json');
  const shipped = JSON.parse(readFileSync(report, 'utf8')) as {
    models: Record<string, { cv_repetitions: Record<string, number>[] }>;
  };
  const { cv, file } = train(complete, wdbc);
  for (const [name, value] of Object.entries(shipped.models['wdbc-knn']!.cv_repetitions[0]!))
    expect([name, cv[name as keyof typeof cv]]).toEqual([name, expect.closeTo(value, 9)]);
  expect(file).toMatchObject({ format_version: 2, novelty: { range_margin: 1.25 }, drift: expect.any(Object) });
});

test('a model of a custom schema has its class names, and no rule that its values do not allow', () => {
  const model = train(thyroidRows(), thyroidSchema);
  const bytes = ownModelFile(model, '3');
  const { ref, schema, file, digest } = parseModel(Buffer.from(bytes));
  expect([ref, schema.labels, file.novelty]).toEqual(['own/mylab@3', ['euthyroid', 'relapsed'], undefined]);
  const facts = { rows: 250, classes: [160, 80], patients: 120, folds: 10, repetitions: 1, seed: 2 } as const;
  const card = writeOwnCard(model, { ...facts, ref, digest });
  expect(card).toContain(
    '250 rows, of which 240 are complete and were used: 160 euthyroid, 80 relapsed; 120 patients.',
  );
  expect(card).toContain('deleting the version');
  expect(card).not.toMatch(/benign|malignant/);
});

test.each([
  ['measured in both classes', 1, true],
  ['the same in all rows of one class', 0, false],
])('with a feature that is %s, the rule for unusual records is fitted or left out', (_, spread, hasRule) => {
  const labelled = thyroidRows(400).map((row, index) => ({
    ...row,
    sample: Array.from(row.sample, (value, feature) => {
      if (feature !== 6) return value;
      return row.label === 1 ? 1 + (index % 5) : 3 + spread * (index % 3);
    }),
  }));
  expect(train(labelled, thyroidSchema).file.novelty !== undefined).toBe(hasRule);
});

test('a value that only one row has is no fault in the fold that leaves it out', () => {
  const labelled = thyroidRows().map((row, index) => ({
    ...row,
    sample: Array.from(row.sample, (value, feature) => (feature === 5 ? Number(index === 7) : value)),
  }));
  expect(train(labelled, thyroidSchema).cv.auc).toBeGreaterThan(0.9);
});
