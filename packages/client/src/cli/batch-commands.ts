import { isBatchFinished } from '../cytoqueue-client';
import type { BatchFile } from '../method-options';
import type { Batch, BatchStatus } from '../types';
import { type Options, batchSettings, creationKey, expectOperands, fileFormat, operatingPoint } from './arguments';
import type { CommandContext } from './command-context';
import { EXIT, statusOfBatch, statusOfDrift } from './exit-status';
import { formatBatch, formatBatchList, formatPreflight, formatWarnings } from './format';
import { openInput } from './input-file';
import { isSameFile, resolveOutput } from './output';
import { ProgressBar } from './progress-bar';
import { saveBatchFile } from './save-file';
import { print } from './terminal';
import { UsageError } from './usage-error';

export async function upload(context: CommandContext): Promise<number> {
  const { client, terminal, operands, options, signal } = context;
  const [path] = expectOperands(operands, ['FILE']);
  checkOutputs(options, path === '-' ? undefined : path);
  const { file, filename } = await openInput(path, signal);
  const bar = new ProgressBar();
  const onProgress = ({ sentBytes, totalBytes }: { sentBytes: number; totalBytes: number | undefined }) =>
    terminal.status(`sending ${bar.draw(sentBytes, totalBytes ?? 0, 'bytes')}`);
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
  continueAfterInterrupt(context, id);
  for (const line of formatWarnings(warnings, warnings_total)) terminal.stderr(line);
  terminal.stderr(`accepted as ${id}; the file is stored and will be scored even if this command ends`);
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

export async function preflight(context: CommandContext): Promise<number> {
  const { client, operands, options, signal } = context;
  const { file, filename } = await openInput(expectOperands(operands, ['FILE'])[0], signal);
  const report = await client.preflight(file, { filename, signal, ...batchSettings(options) });
  print(context, report, formatPreflight);
  if (!report.accepted) return EXIT.refused;
  // The problems of an accepted file: its batch would fail.
  return report.problems.length === 0 ? statusOfDrift(report.drift) : EXIT.failed;
}

export async function list(context: CommandContext): Promise<number> {
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

export async function rescore(context: CommandContext): Promise<number> {
  const { client, options, signal } = context;
  checkOutputs(options);
  const batch = await client.rescoreBatch(batchId(context), {
    model: options.model,
    operatingPoint: operatingPoint(options),
    signal,
    ...creationKey(options),
  });
  continueAfterInterrupt(context, batch.id);
  context.terminal.stderr(`accepted as ${batch.id}`);
  return options['no-wait'] ? print(context, batch, formatBatch) : finish(context, await follow(context, batch.id));
}

/** Prints the current state. The exit status of a finished batch is that of `watch`. */
export async function status(context: CommandContext): Promise<number> {
  const batch = await context.client.getBatch(batchId(context), context);
  print(context, batch, formatBatch);
  return isBatchFinished(batch) ? statusOfBatch(batch) : EXIT.ok;
}

export async function watch(context: CommandContext): Promise<number> {
  checkOutputs(context.options);
  const id = batchId(context);
  continueAfterInterrupt(context, id);
  return finish(context, await follow(context, id));
}

export async function remove(context: CommandContext): Promise<number> {
  const id = batchId(context);
  await context.client.deleteBatch(id, context);
  context.terminal.stderr(`${id} is deleted`);
  return EXIT.ok;
}

function continueAfterInterrupt(context: CommandContext, id: string): void {
  context.afterInterrupt = `the batch continues; run cytoqueue watch ${id}`;
}

function follow({ client, terminal, signal }: CommandContext, id: string): Promise<Batch> {
  const bar = new ProgressBar();
  return client.waitForBatch(id, {
    signal,
    onProgress: ({ status, counts: { total, pending }, eta_seconds }) =>
      terminal.status(`${status} ${bar.draw(total - pending, total, 'rows', eta_seconds)}`),
  });
}

/** Prints a batch and, if it has ended and was not canceled, saves the requested files. */
async function finish(context: CommandContext, batch: Batch): Promise<number> {
  const { options } = context;
  print(context, batch, formatBatch);
  const hasFiles = isBatchFinished(batch) && batch.status !== 'canceled';
  if (hasFiles && options.output !== undefined) await saveTo(context, batch.id, 'results', options.output);
  if (hasFiles && options.errors !== undefined) await saveTo(context, batch.id, 'errors', options.errors);
  return statusOfBatch(batch);
}

export async function save(context: CommandContext, file: BatchFile): Promise<number> {
  const id = batchId(context);
  await saveTo(context, id, file, context.options.output ?? `${id}.${file}.${fileFormat(context.options) ?? 'csv'}`);
  return EXIT.ok;
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

export function batchId({ operands }: CommandContext): string {
  return expectOperands(operands, ['BATCH'])[0];
}
