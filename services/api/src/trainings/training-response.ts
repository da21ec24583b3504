import {
  findDocument,
  idTimeMs,
  type ModelPin,
  putPending,
  readDocument,
  ObjectKeys,
  type TrainingDocument,
  TrainingKeys,
  type TrainingResult,
  trainingResultShape,
  trainingShape,
} from '@cytoqueue/records';
import { schemaOf } from '@cytoqueue/schema';
import { ObjectCorruptError, ObjectNotFoundError, ObjectUnreadableError, listAll } from '@cytoqueue/storage';
import type { z } from 'zod';
import type { trainingSchema } from './openapi';
import type { TrainingDeps } from './training-deps';

export type TrainingResponse = z.output<typeof trainingSchema>;
type ResponseDeps = Pick<TrainingDeps, 'store' | 'producer' | 'damage'>;

/** Progress after the last fold. The rest of the time goes into the model that is fitted to all rows. */
const FOLDS_PROGRESS = 0.95;

export const trainingLink = (id: string): string => `/v1/trainings/${id}`;

export interface StoredTraining {
  training: TrainingDocument;
  result: TrainingResult | undefined;
  /** When each fold was stored, ascending; empty once there is a result. */
  foldTimesMs: number[];
}

/**
 * Reads a training. It exists once its pending marker is stored; a request that crashed before was never accepted.
 * @throws ObjectNotFoundError, ObjectCorruptError when a document is damaged
 */
export async function readTraining(
  { store }: Pick<TrainingDeps, 'store'>,
  tenant: string,
  id: string,
): Promise<StoredTraining> {
  const training = await readDocument(store, TrainingKeys.document(tenant, id), trainingShape);
  const readResult = () => findDocument(store, TrainingKeys.result(tenant, id), trainingResultShape);
  const result = await readResult();
  if (result !== undefined) return { training, result, foldTimesMs: [] };
  const foldTimesMs: number[] = [];
  for await (const { modifiedAt } of listAll(store, TrainingKeys.foldsFolder(tenant, id)))
    foldTimesMs.push(modifiedAt.getTime());
  foldTimesMs.sort((a, b) => a - b);
  if ((await store.head(ObjectKeys.pending(tenant, id))) !== undefined)
    return { training, result: undefined, foldTimesMs };
  // The marker is deleted after the result is stored, so the training may have ended meanwhile.
  const latest = await readResult();
  if (latest !== undefined) return { training, result: latest, foldTimesMs: [] };
  if (foldTimesMs.length === 0) throw new ObjectNotFoundError(ObjectKeys.pending(tenant, id));
  // A worker had begun it, so the marker is lost: without it nothing would finish the training.
  await putPending(store, tenant, id);
  return { training, result: undefined, foldTimesMs };
}

/** A training as its tenant sees it. One with a damaged document is shown as failed. @throws ObjectNotFoundError */
export async function readTrainingResponse(deps: ResponseDeps, tenant: string, id: string): Promise<TrainingResponse> {
  try {
    const stored = await readTraining(deps, tenant, id);
    const { training, result } = stored;
    return result === undefined ? await toRunningResponse(deps, stored) : toFinalResponse(training, result);
  } catch (error) {
    if (!(error instanceof ObjectCorruptError)) throw error;
    deps.damage.report(TrainingKeys.folder(tenant, id), error);
    return toUnreadableResponse(id, {
      code: 'object-damaged',
      detail: 'A stored document of this training is damaged. Delete the training and send the file again.',
    });
  }
}

/** For lists: undefined for a deleted training; an unreadable one is shown as failed, with the reason. */
export async function readListedTraining(
  deps: ResponseDeps,
  tenant: string,
  id: string,
): Promise<TrainingResponse | undefined> {
  try {
    return await readTrainingResponse(deps, tenant, id);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return undefined;
    if (!(error instanceof ObjectUnreadableError)) throw error;
    deps.damage.report(error.key, error);
    return toUnreadableResponse(id, {
      code: 'object-unreadable',
      detail: 'A stored document of this training cannot be read at the moment. The operators were alerted.',
    });
  }
}

/** The state right after the acceptance, for a response that must not fail. */
export function toAcceptedResponse(training: TrainingDocument): TrainingResponse {
  return { ...toBaseResponse(training), status: 'queued', progress: 0 };
}

async function toRunningResponse(
  { producer }: Pick<TrainingDeps, 'producer'>,
  { training, foldTimesMs }: StoredTraining,
): Promise<TrainingResponse> {
  const isProcessing =
    foldTimesMs.length > 0 || (await producer.trainingState(training.id).catch(() => undefined)) === 'active';
  const done = foldTimesMs.length / (training.folds * training.repetitions);
  return {
    ...toBaseResponse(training),
    status: isProcessing ? 'processing' : 'queued',
    progress: Math.min(done, 1) * FOLDS_PROGRESS,
    eta_seconds: etaSeconds(training, foldTimesMs),
  };
}

/** Whole seconds, from the mean time between two folds; null until there is a fold. */
export function etaSeconds(
  { created_at, folds, repetitions }: Pick<TrainingDocument, 'created_at' | 'folds' | 'repetitions'>,
  foldTimesMs: readonly number[],
  nowMs = Date.now(),
): number | null {
  const [first] = foldTimesMs;
  const last = foldTimesMs.at(-1);
  if (first === undefined || last === undefined) return null;
  const done = foldTimesMs.length;
  const msPerFold = done === 1 ? first - Date.parse(created_at) : (last - first) / (done - 1);
  const remainingMs = msPerFold * ((folds * repetitions) / FOLDS_PROGRESS - done) - (nowMs - last);
  return Math.max(0, Math.ceil(remainingMs / 1_000));
}

function toFinalResponse(training: TrainingDocument, result: TrainingResult): TrainingResponse {
  const { status, completed_at, model, evaluation, error } = result;
  const base = toBaseResponse(training);
  return {
    ...base,
    status,
    completed_at,
    progress: 1,
    eta_seconds: 0,
    model: model === undefined ? null : `${model.name}@${model.version}`,
    evaluation: evaluation ?? null,
    error: error ?? null,
    links: { ...base.links, model: model === undefined ? null : versionLink(model) },
  };
}

function versionLink({ name, version }: ModelPin): string {
  return `/v1/models/${name}/versions/${version}`;
}

function toBaseResponse(training: TrainingDocument): TrainingResponse {
  const { id, created_at, name, filename, label, group, seed, input, rows, complete_rows, features } = training;
  const schema = schemaOf(training.schema);
  const classes = Object.fromEntries(schema.labels.map((one, index) => [one, training.classes[index] ?? 0]));
  return {
    id,
    status: 'queued',
    created_at,
    completed_at: null,
    name,
    filename,
    schema: schema.id,
    label,
    group,
    seed,
    data: { rows, complete_rows, features, classes, input_sha256: input.sha256 },
    progress: 0,
    eta_seconds: null,
    model: null,
    evaluation: null,
    error: null,
    links: { self: trainingLink(id), events: `${trainingLink(id)}/events`, model: null },
  };
}

/** Without `training.json` only the id is known, which contains the time of acceptance. */
function toUnreadableResponse(id: string, error: { code: string; detail: string }): TrainingResponse {
  return {
    id,
    status: 'failed',
    created_at: new Date(idTimeMs('training_', id) ?? 0).toISOString(),
    completed_at: null,
    name: 'unknown',
    filename: null,
    schema: 'unknown',
    label: 'unknown',
    group: null,
    seed: 0,
    data: { rows: 0, complete_rows: 0, features: 0, classes: {}, input_sha256: '' },
    progress: 1,
    eta_seconds: 0,
    model: null,
    evaluation: null,
    error,
    links: { self: trainingLink(id), events: `${trainingLink(id)}/events`, model: null },
  };
}
