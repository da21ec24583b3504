import { type ModelFile, parseModel, serializeModel } from '@cytoqueue/classifier';
import {
  chooseNovelty,
  createTrainingSet,
  evaluateDrift,
  evaluateNovelty,
  fitDriftLimits,
  fitUnlikeTraining,
  groupById,
  NoveltyFit,
  noveltyRowsOfClass,
} from '@cytoqueue/training';
import { hasGrades, type Schema } from '@cytoqueue/schema';
import type { Recipe } from './recipes';
import { type ModelReport, type TrainingReport, reportOf } from './report';
import { type Trained, defaultSeed, fitModel, serializeWithScores } from './train';
import type { TrainingFile } from './training-file';

/** Minimum share of confident results for genuine records that the rule for unusual records must keep. */
const leastKeptOf = (schema: Schema) => (hasGrades(schema) ? 0.99 : 0.97);
const REPETITIONS = 5;

/** Fits the model to all complete rows, including the limits that detect records and files unlike them. */
export function fitTrustedModel(
  recipe: Recipe,
  file: TrainingFile,
  schema: Schema,
  version: string,
): Omit<ModelFile, 'digest'> {
  const training = createTrainingSet(file.complete, schema);
  const chosen = chooseNovelty(file.complete, { ...recipe.fit, schema }, leastKeptOf(schema), defaultSeed);
  const fitted = fitModel(recipe, file, schema, version);
  return {
    ...fitted,
    format_version: fitted.format_version === 3 ? 3 : 2,
    novelty: new NoveltyFit(training, groupById(file.complete), schema).at(chosen),
    drift: fitDriftLimits({ schema, training }),
  };
}

/**
 * Creates a version that differs from an evaluated one only by detecting input unlike its training data: predictions
 * and their metrics are the same.
 */
export function addTrust(
  recipe: Recipe,
  file: TrainingFile,
  schema: Schema,
  version: string,
  before: TrainingReport,
  onProgress?: (done: number) => void,
) {
  const own = reportOf(before, recipe.name);
  const bytes = serializeWithScores(fitTrustedModel(recipe, file, schema, version), own.cv);
  const model = parseModel(bytes);
  const report: ModelReport = {
    ...own,
    version,
    digest: model.digest,
    novelty: evaluateNovelty(
      file.complete,
      { ...recipe.fit, schema },
      { leastKept: leastKeptOf(schema), repetitions: REPETITIONS, seed: defaultSeed, onProgress },
    ),
    drift: evaluateDrift(model),
  };
  return { report: { ...before, models: { [recipe.name]: report } }, models: new Map([[recipe.name, bytes]]) };
}

/** Adds to the main model of own data what it takes to tell records and files that are unlike them, if the data allow it. */
export function addRules(trained: Trained, file: TrainingFile, schema: Schema): Trained {
  const [name = '', ...others] = trained.models.keys();
  const own = reportOf(trained.report, name);
  const data = { training: createTrainingSet(file.complete, schema), groups: groupById(file.complete) };
  const rules = fitUnlikeTraining(data, schema);
  if (rules === undefined)
    return withReport(trained, name, { ...own, unlike_training: { fitted: false, reason: whyNone(file, schema) } });
  const { digest: _, ...model } = parseModel(trained.models.get(name) ?? Buffer.of()).file;
  const bytes = serializeModel({ ...model, ...rules, format_version: model.format_version === 3 ? 3 : 2 });
  const models = new Map([
    [name, bytes],
    ...others.map((other) => [other, trained.models.get(other) as Uint8Array] as const),
  ]);
  return withReport({ ...trained, models }, name, {
    ...own,
    digest: parseModel(bytes).digest,
    unlike_training: { fitted: true },
  });
}

function withReport({ report, models }: Trained, name: string, changed: ModelReport): Trained {
  return { models, report: { ...report, models: { ...report.models, [name]: changed } } };
}

function whyNone({ complete }: TrainingFile, { labels, features }: Schema): string {
  const needed = noveltyRowsOfClass(features.length);
  const counts = labels.map((_, label) => complete.filter((row) => row.label === label).length);
  const smallest = counts.indexOf(Math.min(...counts));
  const count = counts[smallest] ?? 0;
  return count < needed
    ? `${count} complete rows are ${labels[smallest]}, ${needed} are needed`
    : 'a value is below zero, or the same in nearly all rows of a class';
}
