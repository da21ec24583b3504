import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { WriteStream } from 'node:tty';
import { parseArgs } from 'node:util';
import { parseModel } from '@cytoqueue/classifier';
import { findSchema, type Schema, shippedSchemaIds } from '@cytoqueue/schema';
import { ProgressBar } from '../demo/progress-bar';
import { formatReport, listArtifacts, writeFiles } from './artifacts';
import { comparisonFiles, loadShippedVersions } from './compare-versions';
import { printScores } from './print-scores';
import { defaultSeed, train } from './train';
import { readTrainingFile } from './training-file';
import { addRules } from './trust';
import { InvalidTrainingFileError } from './invalid-training-file';

const USAGE = `Usage: npm run train -- --data FILE --schema ${shippedSchemaIds.join('|')} [options]
  --out DIR            output folder for model, evaluation.json and card (default: .cytoqueue/trained)
  --name NAME          model name (default: wbc-knn or wdbc-knn, as the shipped models)
  --model-version V    model version (default: 1.0.0, which is taken for the default names)
  --repetitions N      repetitions of the cross-validation, 1 to 100 (default: 10)
  --seed N             random seed of the folds, a whole number (default: ${defaultSeed})`;

interface TrainArguments {
  readonly data: string;
  readonly schema: Schema;
  readonly out: string;
  readonly name?: string;
  readonly version: string;
  readonly seed: number;
  readonly repetitions: number;
}

export interface Terminal {
  readonly out: Pick<WriteStream, 'write'>;
  readonly err: Pick<WriteStream, 'isTTY' | 'write'>;
}

/** @returns the exit status: 0 trained or usage shown, 1 no model can be trained on the file, 2 invalid arguments */
export function runTrainCommand(argv: string[], { out, err }: Terminal): number {
  if (argv.includes('--help') || argv.includes('-h')) {
    out.write(`${USAGE}\n`);
    return 0;
  }
  const options = parseArguments(argv);
  if (typeof options === 'string') {
    err.write(`${options}\n${USAGE}\n`);
    return 2;
  }
  try {
    const file = readTrainingFile(options.data, options.schema);
    const trained = addRules(train(file, { ...options, onProgress: showProgress(err) }), file, options.schema);
    const models = [...trained.models.values()].map((bytes) => parseModel(bytes));
    const files = new Map([
      ...listArtifacts(trained),
      ...comparisonFiles(models, loadShippedVersions(options.schema), file.complete),
    ]);
    files.set('evaluation.json', Buffer.from(formatReport(trained.report)));
    writeFiles(options.out, files);
    out.write(printScores(trained.report, options.out));
    return 0;
  } catch (error) {
    if (!(error instanceof InvalidTrainingFileError)) throw error;
    err.write(`No model can be trained on ${options.data}:\n${error.message}\n`);
    return 1;
  }
}

/** @returns the arguments, or an error message */
function parseArguments(argv: string[]): TrainArguments | string {
  const text = { type: 'string' } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: argv,
      options: {
        data: text,
        schema: text,
        out: text,
        name: text,
        'model-version': text,
        seed: text,
        repetitions: text,
      },
    }));
  } catch (error) {
    return (error as Error).message;
  }
  const {
    data,
    name,
    out = '.cytoqueue/trained',
    seed = String(defaultSeed),
    'model-version': version = '1.0.0',
    repetitions = '10',
  } = values;
  const schema = findSchema(values.schema ?? '');
  if (data === undefined || !existsSync(data))
    return data === undefined ? '--data is missing' : `--data: there is no file ${data}`;
  if (schema === undefined) return `--schema must be ${shippedSchemaIds.join(' or ')}`;
  if (name !== undefined && !/^[a-z0-9][a-z0-9-]*$/.test(name))
    return '--name must consist of lower-case letters, digits and hyphens';
  if (!/^\d+\.\d+\.\d+$/.test(version)) return '--model-version must be three numbers, such as 1.0.0';
  if (!/^\d{1,9}$/.test(seed)) return '--seed must be a whole number';
  if (!/^([1-9]\d?|100)$/.test(repetitions)) return '--repetitions must be a whole number from 1 to 100';
  return { data, schema, out: resolve(out), name, version, seed: Number(seed), repetitions: Number(repetitions) };
}

function showProgress(err: Terminal['err']): (done: number) => void {
  const bar = new ProgressBar(err);
  const startedAt = performance.now();
  return (done) => {
    const secondsLeft = Math.ceil(((performance.now() - startedAt) / 1000 / done) * (1 - done));
    bar.show(done, done < 1 ? `cross-validation, about ${secondsLeft} s left` : 'cross-validation finished');
  };
}
