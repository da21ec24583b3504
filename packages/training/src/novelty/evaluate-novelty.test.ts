import { Novelty } from '@cytoqueue/classifier';
import { wbc } from '@cytoqueue/schema';
import { completeRows, defaultOptions } from '../../../classifier/test/wisconsin';
import { createTrainingSet, groupById } from '../training-data';
import { chooseNovelty, evaluateNovelty } from './evaluate-novelty';
import { NoveltyFit } from './fit-novelty';

const { metric, rule, k } = defaultOptions;
const options = { schema: wbc, metric, rule, k };
/** Enough to choose a rule by. */
const someRows = completeRows.filter((_, row) => row % 3 > 0);

test('the limits let the chosen share of each class pass, left out, and nearly so as it stands', () => {
  const training = createTrainingSet(completeRows, wbc);
  const fitted = new NoveltyFit(training, groupById(completeRows), wbc);
  for (const quantile of [0.8, 0.9, 0.95]) {
    const novelty = new Novelty(fitted.at({ quantile, checksMagnification: true }));
    const own = Array.from(training.labels, (label, row) => novelty.isNovel(training.samples, row * 9, label));
    const share = own.filter((isNovel) => isNovel).length / own.length;
    expect(share).toBeGreaterThan((1 - quantile) * 0.4);
    expect(share).toBeLessThan((1 - quantile) * 1.05);
  }
});

test('a stricter rule leaves fewer answers, and the nested choice keeps what it was asked to', () => {
  const report = evaluateNovelty(someRows, options, { leastKept: 0.98, repetitions: 1, seed: 3 });
  expect(report.chosen.reduce((sum, { times }) => sum + times, 0)).toBe(10);
  for (const { rows, by_neighbors: before, nested, curve } of report.shifts) {
    expect(rows).toBe(someRows.length);
    const confident = [before, ...curve].map((counts) => counts.confident);
    expect(confident).toEqual(confident.toSorted((a, b) => b - a));
    expect(nested.wrong).toBeLessThanOrEqual(before.wrong);
  }
  const [genuine] = report.shifts;
  expect(genuine.name).toBe('genuine');
  expect(genuine.nested.confident / genuine.by_neighbors.confident).toBeGreaterThan(0.95);
});

test('where no rule keeps enough answers, the one that keeps most is chosen', () => {
  expect(chooseNovelty(someRows, options, 1.1, 3).quantile).toBe(0.995);
});
