import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Classifier, type Model, reasonCodes } from '@cytoqueue/classifier';

/** Of so many rows one is held against the reference. */
const CHECK_EACH = 53;

/**
 * Every input row is there, unchanged and in place, with its number; a sample of them has the reference's answer to the
 * last digit. @throws Error when not: a time without the right answer is worth nothing
 */
export async function checkResults(input: string, output: string, model: Model): Promise<{ rows: number; checked: number }> {
  const reference = new Classifier(model, { kernel: false });
  const inputs = linesOf(input);
  const header = (await inputs.next()).value;
  let rows = -1;
  let checked = 0;
  for await (const line of linesOf(output)) {
    rows++;
    if (rows === 0) continue;
    const given = (await inputs.next()).value;
    const expectAnswer = rows % CHECK_EACH === 0;
    const expected = expectAnswer ? expectedLine(given ?? '', rows, reference) : `${given},${rows},ok,`;
    if (expectAnswer ? line !== expected : !line.startsWith(expected)) throw new Error(`row ${rows} is ${line} instead of ${expected}`);
    if (expectAnswer) checked++;
  }
  if (header === undefined || !(await inputs.next()).done) throw new Error(`the result ends after ${rows} rows, the input does not`);
  return { rows, checked };
}

function linesOf(file: string): AsyncIterator<string, undefined> & AsyncIterable<string> {
  return createInterface({ input: createReadStream(file, { highWaterMark: 1024 * 1024 }), crlfDelay: Infinity })[Symbol.asyncIterator]();
}

function expectedLine(given: string, row: number, classifier: Classifier): string {
  const { schema, ref } = classifier.model;
  const { label, probability, indeterminate } = classifier.predict(given.split(',').slice(1, -1).map(Number));
  const reasons = reasonCodes(indeterminate).join(';');
  return [given, row, 'ok', schema.labels[label], probability, indeterminate === 0 ? 'confident' : 'indeterminate', reasons, '', ref, '', ''].join(',');
}
