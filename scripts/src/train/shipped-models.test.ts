import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseModel } from '@cytoqueue/classifier';
import type { ComparisonsDocument } from '@cytoqueue/records';
import { createTrainingSet, crossValidate, formatPercent, groupById, summarize } from '@cytoqueue/training';
import { describeModel } from './artifacts';
import { compareVersions } from './compare-versions';
import { recipesFor } from './recipes';
import type { TrainingReport } from './report';
import { modelsDirectory, shippedData, shippedVersion, trustedVersion } from './shipped-models';
import { fitModel, serializeWithScores } from './train';
import { readTrainingFile } from './training-file';
import { fitTrustedModel } from './trust';

const frontPage = readFileSync(join(__dirname, '../../../README.md'), 'utf8').replaceAll('\n ', '');

/**
 * The full comparison and the table of verdicts take minutes: they are read from the stored evaluations, and one repetition
 * of the cross-validation is computed again. `train/build-models.js` computes them whole.
 */
describe.each(shippedData)('$schema.id', ({ path, schema }) => {
  const recipes = recipesFor(schema);
  const file = readTrainingFile(path, schema);
  const report = JSON.parse(shipped(recipes[0].name, 'evaluation.json')) as TrainingReport;

  test.each(recipes)('$name is built from the shipped data and metrics, byte for byte', (recipe) => {
    const bytes = serializeWithScores(fitModel(recipe, file, schema, shippedVersion), report.models[recipe.name].cv);
    expect(readFileSync(join(modelsDirectory, recipe.name, `${shippedVersion}.json`)).equals(bytes)).toBe(true);
  });

  test.each(recipes)("$name's card, plots and evaluation are generated from the comparison", ({ name }) => {
    for (const [part, text] of describeModel(name, report)) expect(shipped(name, part)).toBe(text);
  });

  test('the trusted version and its card are built from the shipped data, byte for byte', () => {
    const [{ name }] = recipes;
    const trusted = JSON.parse(shipped(name, 'evaluation.json', trustedVersion)) as TrainingReport;
    const bytes = serializeWithScores(
      fitTrustedModel(recipes[0], file, schema, trustedVersion),
      report.models[name].cv,
    );
    expect(readFileSync(join(modelsDirectory, name, `${trustedVersion}.json`)).equals(bytes)).toBe(true);
    for (const [part, text] of describeModel(name, trusted)) expect(shipped(name, part, trustedVersion)).toBe(text);
    const { version, digest, ...scores } = report.models[name];
    expect([version, digest]).not.toEqual([trustedVersion, trusted.models[name].digest]);
    expect(trusted.models[name]).toMatchObject({ ...scores, digest: parseModel(bytes).digest });
  });

  test('the front page states the figures of the trusted version and links its card', () => {
    const [{ name }] = recipes;
    const trusted = JSON.parse(shipped(name, 'evaluation.json', trustedVersion)) as TrainingReport;
    const { cv, cv_intervals: intervals } = trusted.models[name];
    const [sensitivity, specificity] = (['sensitivity', 'specificity'] as const).map((score) => {
      const [low, high] = intervals[score].map((bound) => formatPercent(bound).replace(' %', ''));
      return `${score} ${formatPercent(cv[score])} (${low} to ${high})`;
    });
    expect(frontPage).toContain(`On ${trusted.data.complete_rows} records: ${sensitivity}, ${specificity}`);
    expect(frontPage).toContain(`([card of ${name}](packages/registry/models/${name}/${trustedVersion}/card.md))`);
  });

  test('the stored comparison of the trusted version with the first one is that of the shipped files', () => {
    const [{ name }] = recipes;
    const [trusted, first] = [trustedVersion, shippedVersion].map((version) =>
      parseModel(readFileSync(join(modelsDirectory, name, `${version}.json`))),
    );
    const stored = JSON.parse(shipped(name, 'comparisons.json', trustedVersion)) as ComparisonsDocument;
    expect(stored.digest).toBe(trusted.digest);
    expect(stored.comparisons.filter(({ digest }) => digest === first.digest)).toEqual(
      compareVersions(trusted, [first]).comparisons,
    );
  });

  test('the first repetition of the cross-validation equals the stored evaluation', () => {
    const data = { training: createTrainingSet(file.complete, schema), groups: groupById(file.complete) };
    const { predictions } = crossValidate(
      data,
      recipes.map(({ candidate }) => candidate),
      { ...report.protocol, repetitions: 1 },
    );
    recipes.forEach(({ name }, index) => {
      expect(summarize(predictions[index].probabilities, data.training.labels).metrics).toEqual(
        report.models[name].cv_repetitions[0],
      );
    });
  });
});

test('the front page states how many records graded upside down get a wrong answer', () => {
  const trusted = JSON.parse(shipped('wbc-knn', 'evaluation.json', trustedVersion)) as TrainingReport;
  const [shift] = trusted.models['wbc-knn'].novelty!.shifts.filter(({ name }) => name === 'scale upside down');
  const [confident, wrong] = [shift.nested.confident, shift.nested.wrong].map(Math.round);
  expect(frontPage).toContain(
    `of ${shift.rows} records graded upside down ${confident} got a confident answer, ${wrong} of these a wrong one`,
  );
});

function shipped(name: string, part: string, version = shippedVersion): string {
  return readFileSync(join(modelsDirectory, name, version, part), 'utf8');
}
