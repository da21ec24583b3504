import { createReadStream } from 'node:fs';
import { Classifier, type Model, reasonCodes } from '@cytoqueue/classifier';
import { parse } from 'csv-parse';

const HEADER_ADDED = [
  'row',
  'row_status',
  'predicted_class',
  'probability_malignant',
  'outcome',
  'reason',
  'missing_features',
  'model',
  'error_code',
  'error_detail',
];

/**
 * Checks that every input row is present, unchanged and in order, with its number and the reference's exact result;
 * both files are parsed by csv-parse. @throws Error otherwise, because timings of wrong results are worthless
 */
export async function checkResults(
  input: string,
  output: string,
  model: Model,
): Promise<{ rows: number; distinct: number }> {
  const inputs = rowsOf(input);
  const answers = new ReferenceResults(model);
  let rows = -1;
  for await (const cells of rowsOf(output)) {
    rows++;
    const { value: given, done } = await inputs.next();
    if (done === true) throw new Error(`the result has more rows than the input, whose last is ${rows - 1}`);
    const expected = [...given, ...(rows === 0 ? HEADER_ADDED : answers.of(given, rows))];
    if (cells.length !== expected.length || cells.some((cell, column) => cell !== expected[column])) {
      throw new Error(`row ${rows} is ${cells.join()} instead of ${expected.join()}`);
    }
  }
  if ((await inputs.next()).done !== true) throw new Error(`the result ends after ${rows} rows, the input does not`);
  return { rows, distinct: answers.distinct };
}

export function rowsOf(file: string): AsyncIterableIterator<string[]> {
  const parser = createReadStream(file, { highWaterMark: 1024 * 1024 }).pipe(parse());
  return parser[Symbol.asyncIterator]() as AsyncIterableIterator<string[]>;
}

/** Result of the reference (without kernel) for a row's features, cached by distinct row. */
class ReferenceResults {
  private readonly reference: Classifier;
  private readonly cached = new Map<string, readonly string[]>();

  constructor(model: Model) {
    this.reference = new Classifier(model, { kernel: false });
  }

  get distinct(): number {
    return this.cached.size;
  }

  of(given: readonly string[], row: number): string[] {
    const features = given.slice(1, -1);
    const key = features.join();
    let answer = this.cached.get(key);
    if (answer === undefined) this.cached.set(key, (answer = this.answer(features)));
    return [String(row), ...answer];
  }

  private answer(features: readonly string[]): string[] {
    const { schema, ref } = this.reference.model;
    const { label, probability, reasonFlags } = this.reference.predict(features.map(Number));
    const outcome = reasonFlags === 0 ? 'confident' : 'indeterminate';
    return [
      'ok',
      schema.labels[label],
      String(probability),
      outcome,
      reasonCodes(reasonFlags).join(';'),
      '',
      ref,
      '',
      '',
    ];
  }
}
