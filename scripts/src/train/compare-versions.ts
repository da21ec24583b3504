import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Model, parseModel } from '@cytoqueue/classifier';
import type { ComparisonsDocument, ModelComparison } from '@cytoqueue/records';
import type { Label, Schema } from '@cytoqueue/schema';
import { compareModels, type ComparedRecords, type LabelledSample, TrainingDataError } from '@cytoqueue/training';
import { formatReport } from './artifacts';
import { modelsDirectory, shippedData } from './shipped-models';
import { defaultSeed } from './train';
import { readTrainingFile } from './training-file';

export interface VersionComparisons {
  readonly comparisons: ModelComparison[];
  /** Reasons why a version could not be compared. */
  readonly failures: string[];
}

/**
 * Compares a version with others of its schema: on its own training records and, where theirs are different, on theirs
 * too. Otherwise a copy with changed labels would be right by its own labels, and rows that it lacks would not count.
 * @param complete the complete rows of its training file, whose ids the model file does not have
 */
export function compareVersions(
  model: Model,
  others: readonly Model[],
  complete?: readonly LabelledSample[],
): VersionComparisons {
  const own = recordsOf(model, complete);
  const comparisons: ModelComparison[] = [];
  const failures: string[] = [];
  for (const other of others.filter(({ ref, schema }) => ref !== model.ref && schema.id === model.schema.id)) {
    const sources = hasRecords(other, own.labelled) ? [own] : [own, recordsOf(other)];
    for (const records of sources) {
      try {
        comparisons.push(compareModels(model, other, records, defaultSeed));
      } catch (error) {
        if (!(error instanceof TrainingDataError)) throw error;
        failures.push(`${model.ref} and ${other.ref} on the records of ${records.of}: ${error.message}`);
      }
    }
  }
  return { comparisons, failures };
}

/** The shipped versions of a schema. */
export function loadShippedVersions(schema: Schema): Model[] {
  return readdirSync(modelsDirectory)
    .flatMap((name) => readdirSync(join(modelsDirectory, name)).map((file) => join(modelsDirectory, name, file)))
    .filter((path) => path.endsWith('.json'))
    .sort()
    .map((path) => parseModel(readFileSync(path)))
    .filter((model) => model.schema.id === schema.id);
}

/** `comparisons.json` of each version, by its path. */
export function comparisonFiles(
  models: readonly Model[],
  others: readonly Model[],
  complete?: readonly LabelledSample[],
): Map<string, Uint8Array> {
  return new Map(
    models.map((model) => {
      const { comparisons } = compareVersions(model, others, complete);
      const document: ComparisonsDocument = { digest: model.digest, comparisons };
      return [`${model.name}/${model.version}/comparisons.json`, Buffer.from(formatReport(document))];
    }),
  );
}

/** `comparisons.json` of each shipped version of a schema, with the other ones. */
export function compareShippedVersions(schema: Schema): Map<string, Uint8Array> {
  const versions = loadShippedVersions(schema);
  return comparisonFiles(versions, versions);
}

/** A version's training records: with ids from the training file where that is known, else those of the model file. */
function recordsOf(model: Model, complete?: readonly LabelledSample[]): ComparedRecords {
  if (complete !== undefined && !hasRecords(model, complete))
    throw new Error(`the complete rows of the training file are not those that ${model.ref} was trained on`);
  const known = [
    ...(complete === undefined ? [] : [complete]),
    ...shippedData
      .filter(({ schema }) => schema.id === model.schema.id)
      .map(({ path, schema }) => readTrainingFile(path, schema).complete),
  ];
  return { of: model.ref, labelled: known.find((rows) => hasRecords(model, rows)) ?? samplesOf(model) };
}

function samplesOf({ training }: Model): LabelledSample[] {
  const { featureCount, samples, labels, trainingRows } = training;
  return Array.from(trainingRows, (trainingRow, row) => ({
    trainingRow,
    sample: samples.subarray(row * featureCount, (row + 1) * featureCount),
    label: labels[row] as Label,
  }));
}

/** Whether a version was trained on exactly these rows. Digests of files do not count: a model file may state any. */
function hasRecords(model: Model, rows: readonly LabelledSample[]): boolean {
  const text = (samples: readonly LabelledSample[]) =>
    samples.map(({ label, sample }) => `${label}:${Array.from(sample).join()}`).join('\n');
  return rows.length === model.training.rows && text(rows) === text(samplesOf(model));
}
