import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Model, type ModelFile, parseModel, serializeModel } from '@cytoqueue/classifier';
import type { Label } from '@cytoqueue/schema';
import type { LabelledSample } from '../training-data';
import { compareModels } from './compare-models';

const champion = parseModel(readFileSync(join(__dirname, '../../../registry/models/wbc-knn/1.1.0.json')));
const WIDTH = champion.training.featureCount;

function variant(change: Partial<ModelFile>, version = '9.0.0'): Model {
  const { digest: _, ...file } = champion.file;
  return parseModel(serializeModel({ ...file, version, ...change }));
}

function recordsOf({ ref, training }: Model): { of: string; labelled: LabelledSample[] } {
  return {
    of: ref,
    labelled: Array.from({ length: training.rows }, (_, row) => ({
      trainingRow: row + 1,
      sample: training.samples.subarray(row * WIDTH, (row + 1) * WIDTH),
      label: training.labels[row] as Label,
    })),
  };
}

/** Enough records to see differences, few enough to compare them in a second. */
const records = { of: champion.ref, labelled: recordsOf(champion).labelled.slice(0, 200) };
const { training } = champion.file;
const withRows = (
  keep: (row: number) => boolean,
  label: (label: Label, row: number) => Label = (one) => one,
): Model => {
  const rows = training.rows.map((_, row) => row).filter(keep);
  return variant({
    training: {
      ...training,
      rows: rows.map((row) => training.rows[row]),
      labels: rows.map((row) => label(training.labels[row], row)),
      samples: rows.flatMap((row) => training.samples.slice(row * WIDTH, (row + 1) * WIDTH)),
    },
    conformal: { benign: scoresOf(rows, label, 0), malignant: scoresOf(rows, label, 1) },
  });
};
const scoresOf = (rows: number[], label: (one: Label, row: number) => Label, of: Label) =>
  rows.filter((row) => label(training.labels[row], row) === of).map(() => 1);

test('a copy differs by exactly 0 in every figure', () => {
  const { sensitivity, specificity, auc, brier, coverage } = compareModels(variant({}), champion, records, 2);
  for (const { value, other, difference } of [sensitivity, specificity, auc, brier, coverage])
    expect([value, difference]).toEqual([other, { value: 0, low: 0, high: 0 }]);
  expect(sensitivity.value).toBeGreaterThan(0.95);
});

test('the same versions, records and seed give the same figures, and exchanged versions the opposite differences', () => {
  const candidate = variant({ k: 1 });
  const [one, again] = [1, 2].map(() => compareModels(candidate, champion, records, 2));
  const { auc } = compareModels(champion, candidate, records, 2);
  expect(again).toEqual(one);
  const { value, other, difference } = one.auc;
  expect(difference.value).not.toBe(0);
  expect([auc.value, auc.other, auc.difference.value]).toEqual([other, value, -difference.value]);
});

test('a version with changed labels finds fewer malignant records, although it has every record among its rows', () => {
  const { sensitivity } = compareModels(
    withRows(
      () => true,
      (label) => (1 - label) as Label,
    ),
    champion,
    records,
    2,
  );
  expect(sensitivity.value).toBeLessThan(0.1);
  expect(sensitivity.difference.high).toBeLessThan(-0.8);
});

test('records that a version was trained on are not among its rows when it is asked for them', () => {
  // Every row by its own nearest row would be right: with k = 1 the training error of votes is 0.
  const memorizing = variant({ k: 1, rule: 'votes', calibration: null, conformal: null, metric: 'euclidean' });
  const { sensitivity, auc } = compareModels(memorizing, champion, records, 2);
  expect(sensitivity.value).toBeLessThan(0.99);
  expect(auc.value).toBeLessThan(0.99);
});

test('rows of one id are left out together', () => {
  const doubled = {
    of: 'doubled',
    labelled: [...records.labelled, ...records.labelled].map(({ sample, label }, index) => ({
      trainingRow: index + 1,
      id: String(index % records.labelled.length),
      sample,
      label,
    })),
  };
  const twice = variant({
    training: {
      ...training,
      rows: doubled.labelled.map(({ trainingRow }) => trainingRow),
      labels: doubled.labelled.map(({ label }) => label),
      samples: doubled.labelled.flatMap(({ sample }) => Array.from(sample)),
    },
    k: 1,
    rule: 'votes',
    calibration: null,
    conformal: null,
  });
  const byId = compareModels(twice, champion, doubled, 2);
  const byRow = compareModels(
    twice,
    champion,
    { ...doubled, labelled: doubled.labelled.map((row) => ({ ...row, id: undefined })) },
    2,
  );
  // Without ids the second copy of a record answers for the first.
  expect(byRow.sensitivity.value).toBeGreaterThan(byId.sensitivity.value);
  expect(byRow.sensitivity.value).toBeGreaterThan(0.99);
});

test('too few rows are refused rather than compared', () => {
  const few = withRows((row) => row < 12);
  expect(() => compareModels(few, champion, recordsOf(few), 2)).toThrow('too-few-rows');
});
