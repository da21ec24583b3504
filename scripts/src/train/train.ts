import { createTrainingSet, crossValidate, fit, groupById, TrainingDataError } from '@cytoqueue/training';
import { type ModelFile, parseModel, serializeModel } from '@cytoqueue/classifier';
import { checkSamples, type Schema } from '@cytoqueue/schema';
import { evaluateModel, type ModelScores } from './evaluate-model';
import { families, gridCandidates, reportGrid, reportNested } from './grid';
import { compareIdLeak } from './id-leak';
import { limitsOfUse } from './dataset-notes';
import { summarizeData, planProtocol } from './protocol';
import { type Recipe, recipesFor } from './recipes';
import type { ModelReport, TrainingReport } from './report';
import type { TrainingFile } from './training-file';
import { InvalidTrainingFileError } from './invalid-training-file';

export interface TrainOptions {
  readonly schema: Schema;
  /** Name of the main model; default `wbc-knn` or `wdbc-knn`. */
  readonly name?: string;
  readonly version: string;
  readonly seed: number;
  readonly repetitions?: number;
  /** Called with the completed share of the comparison, which takes nearly all of the time. */
  readonly onProgress?: (done: number) => void;
}

export interface Trained {
  readonly report: TrainingReport;
  /** Model files by name, in the report's order. */
  readonly models: ReadonlyMap<string, Uint8Array>;
}

/** A typical seed: among the first twelve, its metrics are near the median for both shipped data sets. */
export const defaultSeed = 2;

const FOLDS = 10;
const REPETITIONS = 10;

/**
 * Fits the models of a data set to all complete rows and evaluates them together with all candidates they were chosen
 * from.
 * @throws InvalidTrainingFileError
 */
export function train(file: TrainingFile, options: TrainOptions): Trained {
  const { schema, seed, version, name, repetitions = REPETITIONS } = options;
  const issues = checkSamples(file.complete, schema);
  if (issues.length > 0) throw new InvalidTrainingFileError(issues);
  const data = { training: createTrainingSet(file.complete, schema), groups: groupById(file.complete) };
  const facts = summarizeData(file, data);
  const protocol = planProtocol(facts, data.groups, schema.labels, { folds: FOLDS, repetitions, seed });
  const recipes = recipesFor(schema, name);

  const fitted = recipes.map((recipe) => ({ recipe, model: fitModel(recipe, file, schema, version) }));
  const grid = gridCandidates(protocol.most_neighbors);
  const candidates = [...recipes.map(({ candidate }) => candidate), ...grid];
  const { predictions, nested } = crossValidate(data, candidates, {
    ...protocol,
    families: families.map(({ has }) => has),
    onProgress: options.onProgress,
  });
  const finished = fitted.map(({ recipe, model }, index) =>
    finalizeModel(recipe, model, evaluateModel(predictions[index]!, data, protocol)),
  );
  const { labels } = data.training;
  return {
    report: {
      format: 'cytoqueue-evaluation',
      format_version: 1,
      schema: schema.id,
      data: facts,
      protocol,
      models: Object.fromEntries(finished.map(({ recipe, report }) => [recipe.name, report])),
      nested: reportNested(nested, labels),
      grid: reportGrid(predictions.slice(recipes.length), labels),
      id_leak: compareIdLeak(data, file.complete, protocol),
    },
    models: new Map(finished.map(({ recipe, bytes }) => [recipe.name, bytes])),
  };
}

type ModelWithoutDigest = Omit<ModelFile, 'digest'>;

/** Fits a model to all complete rows, without the metrics of the cross-validation. */
export function fitModel(
  recipe: Recipe,
  { complete, digest }: TrainingFile,
  schema: Schema,
  version: string,
): ModelWithoutDigest {
  try {
    return fit(complete, {
      ...recipe.fit,
      name: recipe.name,
      version,
      schema,
      dataDigest: digest,
      limitsOfUse: limitsOfUse(digest),
    });
  } catch (error) {
    if (error instanceof TrainingDataError)
      throw new InvalidTrainingFileError([{ code: error.code, detail: error.message }]);
    throw error;
  }
}

/** Serializes a model with the metrics of the cross-validation. */
export function serializeWithScores(model: ModelWithoutDigest, cv: ModelReport['cv']): Uint8Array {
  return serializeModel({ ...model, evaluation: { cv: { ...cv }, ...model.evaluation } });
}

/** @throws InvalidTrainingFileError when no calibration fits in some fold */
function finalizeModel(recipe: Recipe, model: ModelWithoutDigest, scores: ModelScores) {
  if (Number.isNaN(scores.cv.auc)) {
    const detail =
      'in a fold of the cross-validation the scores separate the classes, so that no calibration curve fits';
    throw new InvalidTrainingFileError([{ code: 'separable', detail }]);
  }
  const bytes = serializeWithScores(model, scores.cv);
  const report: ModelReport = {
    version: model.version,
    digest: parseModel(bytes).digest,
    summary: recipe.summary,
    limits_of_use: model.limits_of_use,
    operating_points: model.operating_points,
    leave_one_out: model.evaluation.leave_one_out as ModelReport['leave_one_out'],
    ...scores,
  };
  return { recipe, report, bytes };
}
