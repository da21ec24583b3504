import { readFileSync } from 'node:fs';
import type { PeriodOptions } from '../method-options';
import { creationKey, expectOperands } from './arguments';
import { batchId, list, preflight, remove, rescore, save, status, upload, watch } from './batch-commands';
import type { Command, CommandContext } from './command-context';
import { EXIT } from './exit-status';
import { formatBatch, formatConfirmationReport, formatDriftReport, formatPerformance, formatQueue } from './format';
import { completionScript, isShell } from './help';
import { openInput } from './input-file';
import { login, logout } from './login';
import { models } from './models';
import { predict } from './predict';
import { profiles } from './profiles';
import { print } from './terminal';
import { train, trainings } from './training-commands';
import { UsageError } from './usage-error';

const READING = ['profile', 'sheet', 'charset', 'on-warning'] as const;
const SCORING = ['model', 'operating-point', 'missing', 'on-error', 'formulas', 'explain'] as const;
const SAVING = ['output', 'errors', 'format'] as const;

const PROFILE_HELP = `A profile says how your files are read. Every member may be left out; the file then decides:
  {
    "columns": {"clump_thickness": "Dicke", "id": "Fallnummer", "label": "Diagnose"},
    "header_line": 3, "delimiter": ";", "decimal": ",", "encoding": "windows-1252",
    "missing": ["k.A."], "sheet": "Tabelle1"
  }
columns: the model's feature, id or label, and your name of its column (cytoqueue preflight lists both).
missing: texts that mean "not measured". delimiter: , ; | a tab or a blank.`;

/** By name, in the order of the help text. */
export const commands: Readonly<Record<string, Command>> = {
  upload: {
    operands: 'FILE',
    description: 'upload a file, wait until it is scored, save the results; - is standard input',
    options: [...SAVING, 'no-wait', ...SCORING, ...READING, 'idempotency-key'],
    run: upload,
  },
  preflight: {
    operands: 'FILE',
    description:
      'validate a file without creating a batch; status 0 if rows can be scored, also if others would be rejected',
    options: [...SCORING, ...READING],
    run: preflight,
  },
  predict: {
    operands: 'VALUE… | NAME=VALUE…',
    description: 'predict one record; features in order or by name, ? = not measured',
    options: ['id', 'model', 'operating-point', 'missing', 'idempotency-key'],
    run: predict,
  },
  watch: {
    operands: 'BATCH',
    description: 'show the progress of a batch until it has ended, save the results',
    options: SAVING,
    run: watch,
  },
  status: { operands: 'BATCH', description: 'show the current state of a batch', options: [], run: status },
  list: { operands: '', description: 'list batches, newest first', options: ['limit', 'after', 'status'], run: list },
  results: {
    operands: 'BATCH',
    description: 'save the results',
    options: ['output', 'format', 'partial'],
    run: (context) => save(context, 'results'),
  },
  errors: {
    operands: 'BATCH',
    description: 'save the rows that were not scored, to correct and resubmit',
    options: ['output', 'format', 'partial'],
    run: (context) => save(context, 'errors'),
  },
  changes: {
    operands: 'BATCH',
    description: 'save the rows whose class changed in a rescored batch',
    options: ['output', 'format'],
    run: (context) => save(context, 'changes'),
  },
  cancel: {
    operands: 'BATCH',
    description: 'cancel a batch',
    options: [],
    run: async (context) => print(context, await context.client.cancelBatch(batchId(context), context), formatBatch),
  },
  retry: {
    operands: 'BATCH',
    description: 'score the shards that a finished batch has left unscored',
    options: [],
    run: async (context) => print(context, await context.client.retryBatch(batchId(context), context), formatBatch),
  },
  rescore: {
    operands: 'BATCH',
    description: 'score the same input with another model or operating point, as a new batch',
    options: ['model', 'operating-point', ...SAVING, 'no-wait', 'idempotency-key'],
    run: rescore,
  },
  delete: { operands: 'BATCH', description: 'delete a finished batch with its files', options: [], run: remove },
  profiles: {
    operands: '[show NAME | save NAME FILE | delete NAME]',
    description: 'list import profiles, or show, save (from a JSON file) or delete one',
    details: PROFILE_HELP,
    options: [],
    run: profiles,
  },
  confirmations: {
    operands: 'FILE',
    description: 'store the confirmed diagnoses of a CSV file, up to 10,000',
    options: ['idempotency-key'],
    run: confirmFile,
  },
  performance: {
    operands: '',
    description: 'compare the answers with the confirmed diagnoses',
    options: ['model'],
    run: async (context) => print(context, await context.client.performance(periodOf(context)), formatPerformance),
  },
  drift: {
    operands: '',
    description: 'compare the records of each week with the training data',
    options: ['model'],
    run: async (context) => print(context, await context.client.drift(periodOf(context)), formatDriftReport),
  },
  train: {
    operands: 'FILE',
    description: 'train a version of your own model on a labelled file and print its figures (admins)',
    options: ['name', 'label', 'group', 'schema', 'seed', 'no-wait', 'idempotency-key'],
    run: train,
  },
  trainings: {
    operands: '[ACTION TRAINING]',
    description: 'list trainings; show, watch, cancel or delete one (admins)',
    options: ['limit', 'after'],
    run: trainings,
  },
  models: {
    operands: '[ACTION NAME VERSION]',
    description: 'list models; compare or promote a version, or delete one of your own models',
    options: ['accept-unknown', 'accept-lower-sensitivity'],
    run: models,
  },
  queue: {
    operands: '',
    description: 'show the backlog and the workers (operators)',
    options: [],
    run: async (context) => print(context, await context.client.queue(context), formatQueue),
  },
  login: {
    operands: '',
    description: 'store URL and API key for this user; the key comes from standard input',
    options: [],
    run: login,
  },
  logout: { operands: '', description: 'forget what login has stored', options: [], run: logout },
  completion: {
    operands: 'bash | zsh | fish',
    description: 'print a completion script: source <(cytoqueue completion bash)',
    options: [],
    run: complete,
  },
};

async function complete({ terminal, operands }: CommandContext): Promise<number> {
  const [shell] = expectOperands(operands, ['SHELL']);
  if (!isShell(shell)) throw new UsageError('use completion bash, zsh or fish');
  terminal.stdout(completionScript(shell, commands));
  return EXIT.ok;
}

async function confirmFile(context: CommandContext): Promise<number> {
  const { client, operands, options, signal } = context;
  const { path } = await openInput(expectOperands(operands, ['FILE'])[0], signal);
  const report = await client.confirmFile(readFileSync(path, 'utf8'), { signal, ...creationKey(options) });
  print(context, report, formatConfirmationReport);
  if (report.rejected === 0) return EXIT.ok;
  return report.accepted === 0 ? EXIT.refused : EXIT.partlyScored;
}

function periodOf({ operands, options: { model }, signal }: CommandContext): PeriodOptions {
  expectOperands(operands, []);
  return { model, signal };
}
