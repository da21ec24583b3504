import { baselineOptions, completeRows, defaultOptions } from '../../../classifier/test/wisconsin';
import { Classifier, Explainer, serializeModel } from '@cytoqueue/classifier';
import { fit, type FitOptions } from '../index';
import { createTrainingSet, groupById } from '../training-data';
import type { Candidate } from './candidate';
import { crossValidate, createSplits } from './cross-validation';
import { distanceConfigs } from './distance-configs';
import { deduplicate, evaluateChronologically, withIdLeak } from './protocols';

const data = { training: createTrainingSet(completeRows, defaultOptions.schema), groups: groupById(completeRows) };
const options = { folds: 10, repetitions: 1, seed: 7 };

function candidateOf(metric: string, scaling: string, rule: Candidate['rule'], k = 5): Candidate {
  const distanceConfig = distanceConfigs.find((config) => config.metric === metric && config.scaling === scaling);
  if (distanceConfig === undefined) throw new Error(`no ${metric} ${scaling}`);
  return { distanceConfig, rule, k, conformal: rule === 'class-ratio' };
}

const ratio = candidateOf('bray-curtis', 'raw', 'class-ratio');
const votes = candidateOf('euclidean', 'raw', 'votes');
const scaled = candidateOf('euclidean', 'z-score', 'class-ratio');
const { predictions, nested } = crossValidate(data, [ratio, votes, scaled], {
  ...options,
  families: [({ rule }) => rule === 'votes', () => true],
});
const [split] = createSplits(data, options, 0);

test.each<[string, FitOptions, number]>([
  ['default', defaultOptions, 0],
  ['baseline', baselineOptions, 1],
  ['scaled', { ...defaultOptions, metric: 'euclidean', scaling: 'z-score' }, 2],
])('a fold predicts as the model that is fitted to its train rows: %s', (_, fitOptions, index) => {
  const classifier = Classifier.load(
    serializeModel(
      fit(
        Array.from(split.train, (row) => completeRows[row]),
        fitOptions,
      ),
    ),
  );
  const explainer = new Explainer(classifier.model);
  for (const row of split.test) {
    const { sample } = completeRows[row];
    expect(predictions[index].probabilities[0][row]).toBeCloseTo(classifier.predict(sample).probability, 12);
    const [pValues] = predictions[index].pValues;
    if (pValues === undefined) continue;
    const { benign, malignant } = explainer.explain(sample).evidence.conformal?.p_values ?? {};
    expect([pValues[0][row], pValues[1][row]]).toEqual([benign, malignant]);
  }
});

test('every row is tested once, against rows of other ids only', () => {
  const splits = createSplits(data, options, 0);
  expect(splits.flatMap(({ test }) => Array.from(test)).sort((a, b) => a - b)).toEqual(
    completeRows.map((_, row) => row),
  );
  for (const { train, test: testRows } of splits) {
    const trainIds = new Set(Array.from(train, (row) => completeRows[row].id));
    expect(Array.from(testRows).filter((row) => trainIds.has(completeRows[row].id))).toEqual([]);
  }
});

test('nested selection chooses a candidate of its family in each fold', () => {
  expect([...nested[0].chosen]).toEqual([[votes, 10]]);
  expect(nested[0].probabilities).toEqual(predictions[1].probabilities);
  expect([...nested[1].chosen.values()].reduce((sum, times) => sum + times)).toBe(10);
});

test('a repetition depends only on the seed and its number', () => {
  const longer = crossValidate(data, [votes], { ...options, repetitions: 2 }).predictions[0].probabilities;
  expect(longer[0]).toEqual(predictions[1].probabilities[0]);
  expect(longer[1]).not.toEqual(longer[0]);
  expect(crossValidate(data, [votes], { ...options, seed: 8 }).predictions[0].probabilities[0]).not.toEqual(longer[0]);
});

test('a model of the first group of records predicts the later ones', () => {
  const { accuracy, sensitivity } = evaluateChronologically(data, 367, ratio);
  expect(accuracy).toBeCloseTo(310 / 315, 12);
  expect(sensitivity).toBe(1);
});

test('deduplication keeps each feature vector once, and ids can be added as a feature', () => {
  const distinct = deduplicate(data);
  expect(distinct.training.rows).toBe(new Set(completeRows.map(({ sample }) => Array.from(sample).join())).size);
  const leaked = withIdLeak(
    data,
    completeRows.map(({ id }) => Number(id)),
  );
  expect(Array.from(leaked.training.samples.subarray(10, 20))).toEqual([
    ...Array.from(completeRows[1].sample),
    Number(completeRows[1].id),
  ]);
});
