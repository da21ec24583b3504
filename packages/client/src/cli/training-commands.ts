import { readFileSync } from 'node:fs';
import { isTrainingFinished } from '../training-methods';
import type { Training } from '../types';
import { creationKey, expectOperands } from './arguments';
import type { CommandContext } from './command-context';
import { EXIT } from './exit-status';
import { formatTraining, formatTrainingList } from './format-training';
import { openInput } from './input-file';
import { ProgressBar } from './progress-bar';
import { print } from './terminal';
import { UsageError } from './usage-error';

/** Sends a labelled file, waits until the model is trained and prints its figures. */
export async function train(context: CommandContext): Promise<number> {
  const { terminal, operands, options, signal } = context;
  const [path] = expectOperands(operands, ['FILE']);
  const settings = {
    name: required(context, 'name'),
    label: required(context, 'label'),
    schema: readSchema(required(context, 'schema')),
    group: options.group,
    seed: wholeNumber(options.seed),
  };
  const { file, filename } = await openInput(path, signal);
  const bar = new ProgressBar();
  const training = await context.client.createTraining(file, {
    ...settings,
    filename,
    onProgress: ({ sentBytes, totalBytes }) =>
      terminal.status(`sending ${bar.draw(sentBytes, totalBytes ?? 0, 'bytes')}`),
    signal,
    ...creationKey(options),
  });
  const { id } = training;
  continueAfterInterrupt(context, id);
  terminal.stderr(`accepted as ${id}; the model will be trained even if this command ends`);
  return options['no-wait'] ? print(context, training, formatTraining) : follow(context, id);
}

/** Lists trainings, or shows, watches, cancels or deletes one. */
export async function trainings(context: CommandContext): Promise<number> {
  const { terminal, operands, options, signal } = context;
  if (operands.length === 0) {
    const limit = options.limit === undefined ? undefined : Number(options.limit);
    return print(
      context,
      await context.client.listTrainings({ limit, after: options.after, signal }),
      formatTrainingList,
    );
  }
  const [action, id] = expectOperands(operands, ['show, watch, cancel or delete', 'TRAINING']);
  switch (action) {
    case 'show': {
      const training = await context.client.getTraining(id, { signal });
      print(context, training, formatTraining);
      return isTrainingFinished(training) ? statusOfTraining(training) : EXIT.ok;
    }
    case 'watch':
      continueAfterInterrupt(context, id);
      return follow(context, id);
    case 'cancel':
      return print(context, await context.client.cancelTraining(id, { signal }), formatTraining);
    case 'delete':
      await context.client.deleteTraining(id, { signal });
      terminal.stderr(`${id} is deleted; a version that it has made stays`);
      return EXIT.ok;
    default:
      throw new UsageError(`unknown action of trainings: ${action}; use show, watch, cancel or delete`);
  }
}

function continueAfterInterrupt(context: CommandContext, id: string): void {
  context.afterInterrupt = `the training continues; run cytoqueue trainings watch ${id}`;
}

async function follow(context: CommandContext, id: string): Promise<number> {
  const { client, terminal, signal } = context;
  const bar = new ProgressBar();
  const training = await client.waitForTraining(id, {
    signal,
    onProgress: ({ status, progress, eta_seconds }) =>
      terminal.status(`${status} ${bar.draw(progress, 1, undefined, eta_seconds)}`),
  });
  print(context, training, formatTraining);
  return statusOfTraining(training);
}

function statusOfTraining({ status }: Training): number {
  return status === 'succeeded' ? EXIT.ok : EXIT.failed;
}

/** @throws UsageError */
function required({ options }: CommandContext, name: 'name' | 'label' | 'schema'): string {
  const value = options[name];
  if (value !== undefined) return value;
  const example = { name: 'mylab', label: 'Class', schema: 'wbc, wdbc or FILE.json' }[name];
  throw new UsageError(`--${name} is missing; give --${name} ${example}`);
}

/** The name of a schema, or the text of a file whose name ends in .json; the API checks it. @throws UsageError */
function readSchema(schema: string): string {
  if (!schema.toLowerCase().endsWith('.json')) return schema;
  try {
    const text = readFileSync(schema, 'utf8');
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new UsageError(`${schema} is no JSON file of a schema: ${(error as Error).message}`);
  }
}

/** @throws UsageError */
function wholeNumber(seed: string | undefined): number | undefined {
  if (seed === undefined) return undefined;
  if (!/^\d{1,15}$/.test(seed)) throw new UsageError(`--seed ${seed} is not valid; use a whole number`);
  return Number(seed);
}
