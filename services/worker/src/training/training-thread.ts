import { setPriority } from 'node:os';
import { parseModel } from '@cytoqueue/classifier';
import type { ModelComparison } from '@cytoqueue/records';
import {
  answerFold,
  compareModels,
  drawCharts,
  fitOwnModel,
  type FoldAnswers,
  labelledSamples,
  ownModelFile,
  TrainingDataError,
  writeOwnCard,
} from '@cytoqueue/training';
import { schemaOf } from '@cytoqueue/schema';
import type { FittedVersion, SentOptions, TrainingAnswer, TrainingTask } from './training-task';

/** Lower than the scoring threads. */
const TRAINING_PRIORITY = 15;
// On Linux 0 means the calling thread; elsewhere it means the process, whose main thread would lose priority too.
if (process.platform === 'linux') setPriority(0, TRAINING_PRIORITY);

/** Entry point of the training thread. */
export default function run(task: TrainingTask): TrainingAnswer<FoldAnswers | FittedVersion> {
  try {
    if (task.kind === 'fit') return { done: fitVersion(task) };
    return { done: answerFold(task.data, withSchema(task.options), task.number) };
  } catch (error) {
    if (!(error instanceof TrainingDataError)) throw error;
    return { refused: { code: error.code, detail: error.message.slice(error.code.length + 2) } };
  }
}

function fitVersion(task: Extract<TrainingTask, { kind: 'fit' }>): FittedVersion {
  const { data, answers, version, facts, others } = task;
  const options = withSchema(task.options);
  const { folds, repetitions, seed } = options;
  const fitted = fitOwnModel(data, options, answers);
  const bytes = ownModelFile(fitted, version);
  const model = parseModel(Buffer.from(bytes));
  const { cv, cv_intervals: intervals, coverage, curves } = fitted;
  const patients = new Set(data.groups).size;
  const card = writeOwnCard(fitted, {
    ...facts,
    ref: model.ref,
    digest: model.digest,
    patients,
    folds,
    repetitions,
    seed,
  });
  const evaluation = {
    protocol: { folds, repetitions, seed },
    models: { [model.name]: { version, digest: model.digest, cv, cv_intervals: intervals, coverage, curves } },
  };
  const texts = new Map([
    ['card.md', card],
    ['evaluation.json', JSON.stringify(evaluation)],
    ...drawCharts(model.ref, fitted, model.schema.labels),
  ]);
  return {
    bytes,
    evaluation: {
      folds,
      repetitions,
      coverage,
      cv: { ...cv },
      cv_intervals: Object.fromEntries(Object.entries(intervals).map(([name, [low, high]]) => [name, [low, high]])),
    },
    comparisons: others.flatMap((file) => compare(model, file, labelledSamples(data), seed)),
    artifacts: new Map([...texts].map(([name, text]) => [name, Buffer.from(text)])),
  };
}

/** @returns nothing when the records do not allow a comparison */
function compare(
  model: ReturnType<typeof parseModel>,
  file: Uint8Array,
  labelled: ReturnType<typeof labelledSamples>,
  seed: number,
): ModelComparison[] {
  try {
    return [compareModels(model, parseModel(Buffer.from(file)), { of: model.ref, labelled }, seed)];
  } catch (error) {
    if (error instanceof TrainingDataError) return [];
    throw error;
  }
}

function withSchema({ schema, ...options }: SentOptions) {
  return { ...options, schema: schemaOf(schema) };
}
