import { forEachConcurrently } from '@cytoqueue/storage';
import {
  type ConfirmationDocument,
  type ModelPin,
  ObjectKeys,
  findDocument,
  pickProbability,
  predictionCompletionShape,
  predictionRequestShape,
  readDocument,
} from '@cytoqueue/records';
import type { ClassNames } from '@cytoqueue/schema';
import { BatchRows, type BatchRowsDeps } from '../batches/rows/batch-rows';
import type { BatchRow } from '../batches/rows/result-row';
import { Problem } from '../http/problem';
import type { RetentionPolicy } from '../tenants/retention-policy';
import { toProblem } from '../to-problem';

/** The reference of a confirmation: a prediction, a row of a batch, or the one row with a sample id. */
export interface TargetReference {
  prediction_id?: string;
  batch_id?: string;
  row?: number;
  sample_id?: string;
}

/** The answer that is confirmed, and the classes of its model. */
export type Target = Omit<ConfirmationDocument, 'id' | 'confirmed_class' | 'confirmed_at'> & { labels: ClassNames };

export type TargetDeps = BatchRowsDeps & { retention: Pick<RetentionPolicy, 'isExpired'> };

const READ_CONCURRENCY = 16;
/** Rows that one request may search for sample ids. */
const MAX_SEARCHED_ROWS = 20_000_000;

/**
 * Finds each answer, or says why it cannot be confirmed: 404 when it is not stored, 409 when it has no result or when several rows
 * have the sample id. Reads each batch once. @throws errors that concern the whole request, such as StoreUnavailableError
 */
export async function findTargets(
  deps: TargetDeps,
  tenant: string,
  references: readonly TargetReference[],
): Promise<(Target | Problem)[]> {
  const found: (Target | Problem)[] = [];
  const labels = new Map<string, Promise<ClassNames>>();
  const labelsOf = (pin: ModelPin): Promise<ClassNames> => {
    const known = labels.get(pin.digest) ?? readLabels(deps, tenant, pin);
    labels.set(pin.digest, known);
    return known;
  };
  const batches = new Map<string, number[]>();
  const predictions: number[] = [];
  for (const [index, { prediction_id, batch_id = '' }] of references.entries()) {
    if (prediction_id !== undefined) predictions.push(index);
    else addTo(batches, batch_id, index);
  }
  await forEachConcurrently(predictions, READ_CONCURRENCY, async (index) => {
    found[index] = await orProblem(() =>
      findPrediction(deps, tenant, references[index]?.prediction_id ?? '', labelsOf),
    );
  });
  const search = { rowsLeft: MAX_SEARCHED_ROWS };
  for (const [id, indexes] of batches) {
    const ofBatch = indexes.map((index) => references[index] as TargetReference);
    const targets = await orProblem(() => findRows(deps, tenant, id, ofBatch, search));
    for (const [position, index] of indexes.entries())
      found[index] = targets instanceof Problem ? targets : (targets[position] as Target | Problem);
  }
  return found;
}

function addTo<T>(groups: Map<string, T[]>, name: string, item: T): void {
  const group = groups.get(name);
  if (group === undefined) groups.set(name, [item]);
  else group.push(item);
}

async function orProblem<T>(find: () => Promise<T>): Promise<T | Problem> {
  try {
    return await find();
  } catch (error) {
    const problem = toProblem(error);
    if (problem.status >= 500) throw error;
    return problem.status === 404 ? notStored() : problem;
  }
}

async function readLabels({ registry }: TargetDeps, tenant: string, pin: ModelPin): Promise<ClassNames> {
  return (await registry.loadPinned(pin, tenant)).model.schema.labels;
}

async function findPrediction(
  deps: TargetDeps,
  tenant: string,
  id: string,
  labelsOf: (pin: ModelPin) => Promise<ClassNames>,
): Promise<Target> {
  const { store, retention } = deps;
  if (retention.isExpired(id)) throw notStored();
  const request = await readDocument(store, ObjectKeys.predictionRequest(tenant, id), predictionRequestShape);
  const completion = await findDocument(store, ObjectKeys.predictionCompletion(tenant, id), predictionCompletionShape);
  if (completion === undefined) throw new Problem('not-finished', 'The prediction has no result yet.');
  if (completion.status !== 'succeeded') throw notSucceeded(`The prediction is ${completion.status}.`);
  const { predicted_class, outcome, operating_point } = completion.result;
  return {
    labels: await labelsOf(request.model),
    target: id,
    predicted_at: request.created_at,
    model: `${request.model.name}@${request.model.version}`,
    operating_point: operating_point.name,
    predicted_class,
    ...pickProbability(completion.result),
    outcome,
  };
}

async function findRows(
  deps: TargetDeps,
  tenant: string,
  id: string,
  references: readonly TargetReference[],
  search: { rowsLeft: number },
): Promise<(Target | Problem)[]> {
  if (deps.retention.isExpired(id)) throw notStored();
  const batchRows = await BatchRows.open(deps, tenant, id);
  const sampleIds = new Set(references.flatMap(({ sample_id }) => sample_id?.trim() ?? []));
  if (sampleIds.size > 0) search.rowsLeft -= batchRows.batch.rows;
  if (search.rowsLeft < 0)
    throw new Problem('too-large', 'The batches have too many rows to search for sample ids at once. Name the rows.');
  const rows = await batchRows.select(new Set(references.flatMap(({ row }) => row ?? [])), sampleIds);
  const byNumber = new Map(rows.map((row) => [row.row, row]));
  const bySampleId = new Map<string, BatchRow[]>();
  for (const row of rows) addTo(bySampleId, row.sample_id?.trim() ?? '', row);
  return references.map(({ row, sample_id }) => {
    if (row !== undefined) return toTarget(batchRows, byNumber.get(row), row);
    const sameId = bySampleId.get(sample_id?.trim() ?? '') ?? [];
    return sameId.length > 1 ? ambiguous(sameId) : toTarget(batchRows, sameId[0], sameId[0]?.row);
  });
}

function toTarget(
  { batch, labels }: Pick<BatchRows, 'batch' | 'labels'>,
  found: BatchRow | undefined,
  row: number | undefined,
): Target | Problem {
  if (row === undefined || row > batch.rows) return notStored();
  if (found?.result === undefined) return notSucceeded(`The row is ${found?.error?.status ?? 'not scored'}.`);
  const { predicted_class, outcome } = found.result;
  return {
    labels,
    target: `${batch.id}.${row}`,
    predicted_at: batch.created_at,
    model: `${batch.model.name}@${batch.model.version}`,
    operating_point: batch.options.operating_point,
    predicted_class,
    ...pickProbability(found.result),
    outcome,
  };
}

function notStored(): Problem {
  return new Problem('not-found', 'You have no such prediction or row; it may have expired or been deleted.');
}

function notSucceeded(detail: string): Problem {
  return new Problem('not-succeeded', detail);
}

function ambiguous(rows: readonly BatchRow[]): Problem {
  const numbers = rows.map(({ row }) => row);
  return new Problem(
    'ambiguous-sample-id',
    `The sample id stands in several rows of the batch: ${numbers.slice(0, 20).join(', ')}${numbers.length > 20 ? ', …' : ''}. Name the row.`,
    { errors: numbers.map((row) => ({ row, code: 'ambiguous-sample-id', detail: 'has this sample id' })) },
  );
}
