import { type BatchFile, type CytoqueueClient, isBatchFinished, isPredictionFinished } from '../cytoqueue-client';
import type { Batch, BatchStatus, FeatureInput, Prediction } from '../types';
import { type Options, batchSettings, expectOperands, missingRule, operatingPoint } from './arguments';
import { openCsvFile } from './csv-file';
import { describeBatch, describeList, describeModels, describePrediction, describePreflight, describeQueue } from './describe';
import { isSameFile, resolveOutput } from './output';
import { saveBatchFile } from './save-file';
import type { Terminal } from './terminal';
import { UsageError } from './usage-error';

export interface Call {
  client: CytoqueueClient;
  terminal: Terminal;
  operands: string[];
  options: Options;
  signal: AbortSignal;
}

interface Command {
  operands: string;
  does: string;
  /** @returns the exit status */
  run: (call: Call) => Promise<number>;
}

const PREDICT_WAIT_SECONDS = 60;
const DEFAULT_MODEL = 'wbc-knn';
const OK = 0;
/** The batch or record ended otherwise than wished. */
const NOT_SCORED = 1;

/** By name, in the order in which help lists them. */
export const commands: Readonly<Record<string, Command>> = {
  upload: { operands: 'FILE', does: 'send a CSV file, follow it to its end, save its results', run: upload },
  preflight: { operands: 'FILE', does: 'what an upload would come to; nothing is stored', run: preflight },
  predict: { operands: 'VALUE… | NAME=VALUE…', does: 'predict one record: its features in their order, or by name; ? = not measured', run: predict },
  watch: { operands: 'BATCH', does: 'follow a batch to its end', run: watch },
  status: { operands: 'BATCH', does: 'a batch as it stands', run: async (call) => show(call, await call.client.getBatch(batchId(call), call), describeBatch) },
  list: { operands: '', does: 'batches, newest first (--limit, --after, --status)', run: list },
  results: { operands: 'BATCH', does: 'save the result file (-o FILE, --partial)', run: (call) => save(call, 'results') },
  errors: { operands: 'BATCH', does: 'save the rows that were not scored, to be mended and sent again', run: (call) => save(call, 'errors') },
  changes: { operands: 'BATCH', does: 'of a rescored batch: save the rows whose class is another now', run: (call) => save(call, 'changes') },
  cancel: { operands: 'BATCH', does: 'stop a batch', run: async (call) => show(call, await call.client.cancelBatch(batchId(call), call), describeBatch) },
  retry: { operands: 'BATCH', does: 'score what was not scored', run: async (call) => show(call, await call.client.retryBatch(batchId(call), call), describeBatch) },
  rescore: { operands: 'BATCH', does: 'score the same input with another --model or --operating-point, as a new batch', run: rescore },
  delete: { operands: 'BATCH', does: 'remove a finished batch with everything of it', run: remove },
  models: { operands: '', does: 'models with their versions', run: async (call) => show(call, await call.client.listModels(call), describeModels) },
  queue: { operands: '', does: 'the backlog and who works on it (operators)', run: async (call) => show(call, await call.client.queue(call), describeQueue) },
};

async function upload(call: Call): Promise<number> {
  const { client, terminal, operands, options, signal } = call;
  const [path] = expectOperands(operands, ['FILE']) as [string];
  const { file, filename } = openCsvFile(path);
  checkOutputs(options, path);
  const onProgress = ({ sentBytes, totalBytes }: { sentBytes: number; totalBytes: number | undefined }) =>
    terminal.status(`sending ${filename}: ${Math.floor((100 * sentBytes) / (totalBytes || 1))} %`);
  const { id } = await client.uploadBatch(file, { filename, onProgress, signal, ...creationKey(options), ...batchSettings(options) });
  terminal.error(`accepted as ${id}: from here on it is safe`);
  if (options['no-wait']) return show(call, await client.getBatch(id, call), describeBatch);
  return finish(call, await follow(call, id));
}

/**
 * Before anything is sent: a file that cannot be written must not be discovered after the scoring.
 * @throws UsageError
 */
function checkOutputs({ output, errors }: Options, input?: string): void {
  const paths = [output, errors].filter((path) => path !== undefined);
  for (const path of paths) {
    resolveOutput(path);
    if (input !== undefined && isSameFile(path, input)) throw new UsageError(`${path} is the file that is uploaded; name another one`);
  }
  if (output !== undefined && errors !== undefined && isSameFile(output, errors)) throw new UsageError('-o and --errors name the same file');
}

async function preflight(call: Call): Promise<number> {
  const { client, operands, options, signal } = call;
  const { file, filename } = openCsvFile(expectOperands(operands, ['FILE'])[0]);
  return show(call, await client.preflight(file, { filename, signal, ...batchSettings(options) }), describePreflight);
}

async function predict(call: Call): Promise<number> {
  const { client, operands, options, signal } = call;
  const body = {
    features: await parseFeatures(call, operands),
    sample_id: options.id,
    model: options.model,
    operating_point: operatingPoint(options),
    missing: missingRule(options),
  };
  const patience = AbortSignal.timeout(PREDICT_WAIT_SECONDS * 1_000);
  const accepted = await client.predict(body, { waitSeconds: PREDICT_WAIT_SECONDS, signal, ...creationKey(options) });
  const prediction = 'features' in accepted ? accepted : await followPrediction(client, accepted.id, { patience, signal });
  show(call, prediction, describePrediction);
  return statusOf(prediction);
}

/** The service may wait for less than it was asked to (its MAX_WAIT_SECONDS). @returns the end, or the state when patience is over */
async function followPrediction(client: CytoqueueClient, id: string, { patience, signal }: { patience: AbortSignal; signal: AbortSignal }): Promise<Prediction> {
  try {
    for await (const state of client.predictionEvents(id, { signal: AbortSignal.any([patience, signal]) })) if (isPredictionFinished(state)) return state;
  } catch (error) {
    if (!patience.aborted || signal.aborted) throw error;
  }
  return client.getPrediction(id, { signal });
}

function statusOf({ status }: Prediction): number {
  return status === 'succeeded' ? OK : NOT_SCORED;
}

/** Names as given; values without names are the model's features in their order. */
async function parseFeatures({ client, options, signal }: Call, operands: readonly string[]): Promise<FeatureInput> {
  const pairs = operands.map((operand) => operand.split('='));
  if (operands.length > 0 && pairs.every(({ length }) => length === 2)) return Object.fromEntries(pairs.map(([name, value]) => [name, toValue(value)]));
  if (pairs.some(({ length }) => length > 1)) throw new UsageError('either every value has a name, or none has');
  const names = await featureNames(client, options.model ?? DEFAULT_MODEL, signal);
  const values = operands.flatMap((operand) => operand.split(/[\s,;]+/)).filter((value) => value !== '');
  if (values.length !== names.length) throw new UsageError(`the model has ${names.length} features (${names.join(', ')}), not ${values.length}`);
  return Object.fromEntries(names.map((name, i) => [name, toValue(values[i])]));
}

async function featureNames(client: CytoqueueClient, model: string, signal: AbortSignal): Promise<string[]> {
  const [name, version] = model.split('@');
  const wanted = version === undefined || version === 'champion' ? (await client.getModel(name, { signal })).champion : version;
  if (wanted === null) throw new UsageError(`${name} has no champion: name a version, as ${name}@VERSION`);
  return (await client.getModelVersion(name, wanted, { signal })).features.map((feature) => feature.name);
}

/** A number where it is one; what else it may be, the API judges and names. */
function toValue(text: string): number | string {
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

async function list(call: Call): Promise<number> {
  const { client, operands, options, signal } = call;
  expectOperands(operands, []);
  const limit = options.limit === undefined ? undefined : Number(options.limit);
  return show(call, await client.listBatches({ limit, after: options.after, status: options.status as BatchStatus | undefined, signal }), describeList);
}

async function rescore(call: Call): Promise<number> {
  const { client, options, signal } = call;
  checkOutputs(options);
  const batch = await client.rescoreBatch(batchId(call), { model: options.model, operatingPoint: operatingPoint(options), signal, ...creationKey(options) });
  call.terminal.error(`accepted as ${batch.id}`);
  return options['no-wait'] ? show(call, batch, describeBatch) : finish(call, await follow(call, batch.id));
}

async function watch(call: Call): Promise<number> {
  checkOutputs(call.options);
  return finish(call, await follow(call, batchId(call)));
}

function creationKey(options: Options): { idempotencyKey?: string } {
  const idempotencyKey = options['idempotency-key'];
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}

async function remove(call: Call): Promise<number> {
  const id = batchId(call);
  await call.client.deleteBatch(id, call);
  call.terminal.error(`${id} is removed`);
  return OK;
}

async function follow({ client, terminal, signal }: Call, id: string): Promise<Batch> {
  let last: Batch | undefined;
  for await (const batch of client.batchEvents(id, { signal })) {
    last = batch;
    const { total, pending } = batch.counts;
    terminal.status(`${batch.status}: ${total - pending} of ${total} rows${batch.eta_seconds === null ? '' : `, about ${batch.eta_seconds} s left`}`);
  }
  return last ?? client.getBatch(id, { signal });
}

/** Shows a batch that has ended, and saves what was asked for of it. */
async function finish(call: Call, batch: Batch): Promise<number> {
  const { options } = call;
  show(call, batch, describeBatch);
  const hasFiles = isBatchFinished(batch) && batch.status !== 'canceled';
  if (hasFiles && options.output !== undefined) await saveTo(call, batch.id, 'results', options.output);
  if (hasFiles && options.errors !== undefined) await saveTo(call, batch.id, 'errors', options.errors);
  return batch.status === 'succeeded' ? OK : NOT_SCORED;
}

async function save(call: Call, file: BatchFile): Promise<number> {
  const id = batchId(call);
  await saveTo(call, id, file, call.options.output ?? `${id}.${file}.csv`);
  return OK;
}

async function saveTo({ client, terminal, options, signal }: Call, id: string, file: BatchFile, path: string): Promise<void> {
  const { bytes, sha256 } = await saveBatchFile(client, id, file, path, { partial: options.partial, signal });
  terminal.error(`${path === '-' ? file : path}: ${bytes} bytes, SHA-256 ${sha256}`);
}

function batchId({ operands }: Call): string {
  return expectOperands(operands, ['BATCH'])[0];
}

function show<T>({ terminal, options }: Call, answer: T, describe: (answer: T) => string): number {
  terminal.out(options.json ? JSON.stringify(answer) : describe(answer));
  return OK;
}
