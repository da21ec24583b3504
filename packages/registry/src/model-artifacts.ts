import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Model } from '@cytoqueue/classifier';
import type { ComparisonsDocument, ModelComparison } from '@cytoqueue/records';
import { SHIPPED_DIR } from './shipped-models';

type Identity = Pick<Model, 'name' | 'version' | 'digest'>;

/** Cross-validation results of a version, as written by `npm run train`. */
export interface EvaluationSummary {
  /** Mean metrics of the cross-validation, and their 95 % confidence intervals. */
  cv: Record<string, number>;
  cv_intervals: Record<string, [number, number]>;
  /** How often the cross-validation predicted each row. */
  repetitions: number;
  /** By tenths of the probability; `rows` counts all repetitions. */
  reliability: { mean_probability: number; malignant_share: number; rows: number }[];
}

interface EvaluationFile {
  protocol: { repetitions: number };
  models: Record<
    string,
    EvaluationSummary & { digest: string; curves: { reliability: EvaluationSummary['reliability'] } }
  >;
}

/** Model card of a shipped version in Markdown; undefined for other models, even one with the same name and version. */
export async function readCard(model: Identity): Promise<string | undefined> {
  const card = (await readShipped(model, 'card.md'))?.toString();
  return card?.includes(model.digest) === true ? card : undefined;
}

/** @param file name of a plot in the card, such as `roc.svg`. @returns undefined when there is no such plot */
export async function readPlot(model: Identity, file: string): Promise<Buffer | undefined> {
  if (!isPlot(file) || (await readCard(model)) === undefined) return undefined;
  return readShipped(model, file);
}

/** Whether a file may be a plot of a card, by its name. */
export function isPlot(file: string): boolean {
  return /^[a-z-]{1,40}\.svg$/.test(file);
}

export async function readEvaluation(model: Identity): Promise<EvaluationSummary | undefined> {
  const file = await readShipped(model, 'evaluation.json');
  return file && parseEvaluation(model, file);
}

/** @returns undefined when the file is about another model */
export function parseEvaluation(model: Identity, file: Buffer): EvaluationSummary | undefined {
  const { protocol, models } = JSON.parse(file.toString()) as EvaluationFile;
  const entry = models[model.name];
  if (entry?.digest !== model.digest) return undefined;
  return {
    cv: entry.cv,
    cv_intervals: entry.cv_intervals,
    repetitions: protocol.repetitions,
    reliability: entry.curves.reliability,
  };
}

/** Comparisons of a shipped version with the other shipped versions of its schema; empty for other models. */
export async function readShippedComparisons(model: Identity): Promise<ModelComparison[]> {
  const file = await readShipped(model, 'comparisons.json');
  if (file === undefined) return [];
  const { digest, comparisons } = JSON.parse(file.toString()) as ComparisonsDocument;
  return digest === model.digest ? comparisons : [];
}

async function readShipped({ name, version }: Identity, file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(join(SHIPPED_DIR, name, version, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
