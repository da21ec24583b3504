import { readFileSync } from 'node:fs';
import { type CytoqueueClient, isBatchFinished, isPredictionFinished } from '../cytoqueue-client';
import type { BatchFile, PeriodOptions } from '../method-options';
import type { Batch, BatchStatus, FeatureInput, FileDrift, Prediction } from '../types';
import type { CommandContext } from './command-context';
import { type Options, batchSettings, expectOperands, fileFormat, missingRule, operatingPoint } from './arguments';
import { openCsvFile } from './csv-file';
import {
  formatBatch,
  formatBatchList,
  formatConfirmationReport,
  formatDriftReport,
  formatModels,
  formatPerformance,
  formatPrediction,
  formatPreflight,
  formatQueue,
  formatWarnings,
} from './format';
import { isSameFile, resolveOutput } from './output';
import { profiles } from './profiles';
import { saveBatchFile } from './save-file';
import { UsageError } from './usage-error';

interface Command {
  operands: string;
  description: string;
  /** @returns the exit status */
  run: (context: CommandContext) => Promise<number>;
}

const PREDICT_WAIT_SECONDS = 60;
const DEFAULT_MODEL = 'wbc-knn';
const EXIT_OK = 0;
/** A batch or record did not complete successfully, or a file of confirmations was not accepted as a whole. */
const EXIT_NOT_ALL_SCORED = 1;
/** Every row was or can be scored, but the file as a whole is unlike the training data. */
const EXIT_UNLIKE_TRAINING = 6;

/** By name, in the order of the help text. */
export const commands: Readonly<Record<string, Command>> = {
  upload: {
    operands: 'FILE',
    description: 'upload a file, wait until it is scored, save the results (-o, --errors)',
    run: upload,
  },
  preflight: { operands: 'FILE', description: 'validate a file without creating a batch', run: preflight },
  predict: {
    operands: 'VALUE… | NAME=VALUE…',
    description: 'predict one record; features in order or by name, ? = not measured',
    run: predict,
  },
  watch: { operands: 'BATCH', description: 'show the progress of a batch until it has ended', run: watch },
  status: {
    operands: 'BATCH',
    description: 'show the current state of a batch',
    run: async (context) => print(context, await context.client.getBatch(batchId(context), context), formatBatch),
  },
  list: { operands: '', description: 'list batches, newest first (--limit, --after, --status)', run: list },
  results: {
    operands: 'BATCH',
    description: 'save the results (-o FILE; --partial: those so far)',
    run: (context) => save(context, 'results'),
  },
  errors: {
    operands: 'BATCH',
    description: 'save the rows that were not scored, to correct and resubmit',
    run: (context) => save(context, 'errors'),
  },
  changes: {
    operands: 'BATCH',
    description: 'save the rows whose class changed in a rescored batch',
    run: (context) => save(context, 'changes'),
  },
  cancel: {
    operands: 'BATCH',
    description: 'cancel a batch',
    run: async (context) => print(context, await context.client.cancelBatch(batchId(context), context), formatBatch),
  },
  retry: {
    operands: 'BATCH',
    description: 'score the shards that a finished batch has left unscored',
    run: async (context) => print(context, await context.client.retryBatch(batchId(context), context), formatBatch),
  },
  rescore: {
    operands: 'BATCH',
    description: 'score the same input with another --model or --operating-point, as a new batch',
    run: rescore,
  },
  delete: { operands: 'BATCH', description: 'delete a finished batch with its files', run: remove },
  profiles: {
    operands: '[show NAME | save NAME FILE | delete NAME]',
    description: 'list import profiles, or show, save (from a JSON file) or delete one',
    run: profiles,
  },
  confirmations: {
    operands: 'FILE',
    description: 'store the confirmed diagnoses of a CSV file, up to 10,000',
    run: confirmFile,
  },
  performance: {
    operands: '',
    description: 'compare the answers with the confirmed diagnoses (--model)',
    run: async (context) => print(context, await context.client.performance(periodOf(context)), formatPerformance),
  },
  drift: {
    operands: '',
    description: 'compare the records of each week with the training data (--model)',
    run: async (context) => print(context, await context.client.drift(periodOf(context)), formatDriftReport),
  },
  models: {
    operands: '',
    description: 'list models and versions',
    run: async (context) => print(context, await context.client.listModels(context), formatModels),
  },
  queue: {
    operands: '',
    description: 'show the backlog and the workers (operators)',
    run: async (context) => print(context, await context.client.queue(context), formatQueue),
  },
};

async function confirmFile(context: CommandContext): Promise<number> {
  const { client, operands, options, signal } = context;
  const [path] = expectOperands(operands, ['FILE']) as [string];
  openCsvFile(path);
  const report = await client.confirmFile(readFileSync(path, 'utf8'), { signal, ...creationKey(options) });
  print(context, report, formatConfirmationReport);
  return report.rejected === 0 ? EXIT_OK : EXIT_NOT_ALL_SCORED;
}

function periodOf({ operands, options: { model }, signal }: CommandContext): PeriodOptions {
  expectOperands(operands, []);
  return { model, signal };
}

async function upload(context: CommandContext): Promise<number> {
  const { client, terminal, operands, options, signal } = context;
  const [path] = expectOperands(operands, ['FILE']);
  const { file, filename } = openCsvFile(path);
  checkOutputs(options, path);
  const onProgress = ({ sentBytes, totalBytes }: { sentBytes: number; totalBytes: number | undefined }) =>
    terminal.status(`sending ${filename}: ${Math.floor((100 * sentBytes) / (totalBytes || 1))} %`);
  const {
    id,
    warnings = [],
    warnings_total = 0,
  } = await client.uploadBatch(file, {
    filename,
    onProgress,
    signal,
    ...creationKey(options),
    ...batchSettings(options),
  });
  for (const line of formatWarnings(warnings, warnings_total)) terminal.stderr(line);
  terminal.stderr(`accepted as ${id}; the file is stored and will be scored even if this command is interrupted`);
  if (options['no-wait']) return print(context, await client.getBatch(id, context), formatBatch);
  return finish(context, await follow(context, id));
}

/**
 * Checks the output files before the upload, so that an unwritable file is reported before the scoring.
 * @throws UsageError
 */
function checkOutputs(options: Options, input?: string): void {
  fileFormat(options);
  const { output, errors } = options;
  const paths = [output, errors].filter((path) => path !== undefined);
  for (const path of paths) {
    resolveOutput(path);
    if (input !== undefined && isSameFile(path, input))
      throw new UsageError(`${path} is the uploaded file; choose another output file`);
  }
  if (output !== undefined && errors !== undefined && isSameFile(output, errors))
    throw new UsageError('-o and --errors name the same file; choose two different files');
}

async function preflight(context: CommandContext): Promise<number> {
  const { client, operands, options, signal } = context;
  const { file, filename } = openCsvFile(expectOperands(operands, ['FILE'])[0]);
  const report = await client.preflight(file, { filename, signal, ...batchSettings(options) });
  print(context, report, formatPreflight);
  return report.accepted && report.rows.valid > 0 ? statusOfDrift(report.drift) : EXIT_NOT_ALL_SCORED;
}

async function predict(context: CommandContext): Promise<number> {
  const { client, operands, options, signal } = context;
  const body = {
    features: await parseFeatures(context, operands),
    sample_id: options.id,
    model: options.model,
    operating_point: operatingPoint(options),
    missing: missingRule(options),
  };
  const waitLimit = AbortSignal.timeout(PREDICT_WAIT_SECONDS * 1_000);
  const accepted = await client.predict(body, { waitSeconds: PREDICT_WAIT_SECONDS, signal, ...creationKey(options) });
  const prediction =
    'features' in accepted ? accepted : await followPrediction(client, accepted.id, { waitLimit, signal });
  print(context, prediction, formatPrediction);
  return statusOf(prediction);
}

/** Follows the events, because the service may wait for less time than requested. @returns the final state, or the current one at the time limit */
async function followPrediction(
  client: CytoqueueClient,
  id: string,
  { waitLimit, signal }: { waitLimit: AbortSignal; signal: AbortSignal },
): Promise<Prediction> {
  try {
    for await (const state of client.predictionEvents(id, { signal: AbortSignal.any([waitLimit, signal]) }))
      if (isPredictionFinished(state)) return state;
  } catch (error) {
    if (!waitLimit.aborted || signal.aborted) throw error;
  }
  return client.getPrediction(id, { signal });
}

function statusOfDrift(drift: FileDrift | undefined): number {
  return drift?.verdict === 'unlike_training' ? EXIT_UNLIKE_TRAINING : EXIT_OK;
}

function statusOf({ status }: Prediction): number {
  return status === 'succeeded' ? EXIT_OK : EXIT_NOT_ALL_SCORED;
}

/** Parses NAME=VALUE pairs, or values in the order of the model's features. */
async function parseFeatures(
  { client, options, signal }: CommandContext,
  operands: readonly string[],
): Promise<FeatureInput> {
  const pairs = operands.map((operand) => operand.split('=')).filter(({ length }) => length > 1);
  if (operands.length > 0 && pairs.length === operands.length && pairs.every(({ length }) => length === 2))
    return Object.fromEntries(pairs.map(([name, value = '']) => [name, toValue(value)]));
  if (pairs.length > 0) throw new UsageError('name every value (NAME=VALUE) or none');
  const names = await featureNames(client, options.model ?? DEFAULT_MODEL, signal);
  const values = operands.flatMap((operand) => operand.split(/[\s,;]+/)).filter((value) => value !== '');
  if (values.length !== names.length)
    throw new UsageError(`the model has ${names.length} features (${names.join(', ')}), not ${values.length}`);
  return Object.fromEntries(values.map((value, i) => [names[i], toValue(value)]));
}

async function featureNames(client: CytoqueueClient, model: string, signal: AbortSignal): Promise<string[]> {
  const [name = model, version] = model.split('@');
  const resolved =
    version === undefined || version === 'champion' ? (await client.getModel(name, { signal })).champion : version;
  if (resolved === null) throw new UsageError(`model ${name} has no champion; give a version: ${name}@VERSION`);
  return (await client.getModelVersion(name, resolved, { signal })).features.map((feature) => feature.name);
}

/** Converts a number; the API validates any other text. */
function toValue(text: string): number | string {
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

async function list(context: CommandContext): Promise<number> {
  const { client, operands, options, signal } = context;
  expectOperands(operands, []);
  const limit = options.limit === undefined ? undefined : Number(options.limit);
  return print(
    context,
    await client.listBatches({
      limit,
      after: options.after,
      status: options.status as BatchStatus | undefined,
      signal,
    }),
    formatBatchList,
  );
}

async function rescore(context: CommandContext): Promise<number> {
  const { client, options, signal } = context;
  checkOutputs(options);
  const batch = await client.rescoreBatch(batchId(context), {
    model: options.model,
    operatingPoint: operatingPoint(options),
    signal,
    ...creationKey(options),
  });
  context.terminal.stderr(`accepted as ${batch.id}`);
  return options['no-wait'] ? print(context, batch, formatBatch) : finish(context, await follow(context, batch.id));
}

async function watch(context: CommandContext): Promise<number> {
  checkOutputs(context.options);
  return finish(context, await follow(context, batchId(context)));
}

function creationKey(options: Options): { idempotencyKey?: string } {
  const idempotencyKey = options['idempotency-key'];
  return idempotencyKey === undefined ? {} : { idempotencyKey };
}

async function remove(context: CommandContext): Promise<number> {
  const id = batchId(context);
  await context.client.deleteBatch(id, context);
  context.terminal.stderr(`${id} is deleted`);
  return EXIT_OK;
}

async function follow({ client, terminal, signal }: CommandContext, id: string): Promise<Batch> {
  let last: Batch | undefined;
  for await (const batch of client.batchEvents(id, { signal })) {
    last = batch;
    const { total, pending } = batch.counts;
    terminal.status(
      `${batch.status}: ${total - pending} of ${total} rows${batch.eta_seconds === null ? '' : `, about ${batch.eta_seconds} s left`}`,
    );
  }
  return last ?? client.getBatch(id, { signal });
}

/** Prints a batch and, if it has ended and was not canceled, saves the requested files. */
async function finish(context: CommandContext, batch: Batch): Promise<number> {
  const { options } = context;
  print(context, batch, formatBatch);
  const hasFiles = isBatchFinished(batch) && batch.status !== 'canceled';
  if (hasFiles && options.output !== undefined) await saveTo(context, batch.id, 'results', options.output);
  if (hasFiles && options.errors !== undefined) await saveTo(context, batch.id, 'errors', options.errors);
  return batch.status === 'succeeded' ? statusOfDrift(batch.drift) : EXIT_NOT_ALL_SCORED;
}

async function save(context: CommandContext, file: BatchFile): Promise<number> {
  const id = batchId(context);
  await saveTo(context, id, file, context.options.output ?? `${id}.${file}.${fileFormat(context.options) ?? 'csv'}`);
  return EXIT_OK;
}

async function saveTo(
  { client, terminal, options, signal }: CommandContext,
  id: string,
  file: BatchFile,
  path: string,
): Promise<void> {
  const { bytes, sha256 } = await saveBatchFile(client, id, file, path, {
    partial: options.partial,
    format: fileFormat(options),
    signal,
  });
  terminal.stderr(`${path === '-' ? file : path}: ${bytes} bytes, SHA-256 ${sha256}`);
}

function batchId({ operands }: CommandContext): string {
  return expectOperands(operands, ['BATCH'])[0];
}

function print<T>({ terminal, options }: CommandContext, response: T, format: (response: T) => string): number {
  terminal.stdout(options.json ? JSON.stringify(response) : format(response));
  return EXIT_OK;
}
