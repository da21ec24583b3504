import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { rowsOf } from './check-results';

const K = 5;
const MALIGNANT = ['4', 'malignant'];

/**
 * Compares every row of a script's output with our own search. Scripts break ties of distance each in its
 * own way: any share of malignant rows that some choice among tied rows gives is correct.
 * @throws Error when a row is missing or wrong
 */
export async function checkCompetitor(training: string, input: string, output: string): Promise<void> {
  const inputs = rowsOf(input);
  const votes = new VoteRanges(training);
  await inputs.next();
  let header: string[] | undefined;
  for await (const cells of rowsOf(output)) {
    if (header === undefined) {
      header = cells;
      continue;
    }
    const { value: given, done } = await inputs.next();
    if (done === true) throw new Error('a script has written more rows than it was given');
    const probability = Number(cells[header.indexOf('probability_malignant')]);
    const isMalignant = MALIGNANT.includes(cells[header.indexOf('predicted_class')] ?? '');
    const [least, most] = votes.of(given.slice(1, -1));
    const count = Math.round(probability * K);
    const isRight =
      cells[0] === given[0] &&
      Math.abs(count - probability * K) < 1e-6 &&
      least <= count &&
      count <= most &&
      isMalignant === count > K / 2;
    if (!isRight)
      throw new Error(`a script says ${cells.join()}; right are ${least} to ${most} malignant ones of ${K}`);
  }
  if ((await inputs.next()).done !== true) throw new Error('a script has not answered every row');
}

/** Minimum and maximum number of malignant rows among the K nearest complete training rows by Euclidean distance. */
export class VoteRanges {
  private readonly samples: number[][];
  private readonly malignant: boolean[];
  private readonly cached = new Map<string, readonly [number, number]>();

  constructor(training: string) {
    const rows = (parse(readFileSync(training), { from_line: 2 }) as string[][]).filter((cells) =>
      cells.every((cell) => /^\d+$/.test(cell)),
    );
    this.samples = rows.map((cells) => cells.slice(1, -1).map(Number));
    this.malignant = rows.map((cells) => MALIGNANT.includes(cells.at(-1) ?? ''));
  }

  of(features: readonly string[]): readonly [number, number] {
    const key = features.join();
    let range = this.cached.get(key);
    if (range === undefined) this.cached.set(key, (range = this.range(features.map(Number))));
    return range;
  }

  private range(sample: readonly number[]): [number, number] {
    const distances = this.samples.map((row) =>
      row.reduce((sum, value, feature) => sum + (value - (sample[feature] ?? NaN)) ** 2, 0),
    );
    const kth = distances.toSorted((a, b) => a - b)[K - 1] ?? Infinity;
    let [nearer, nearerMalignant, tied, tiedMalignant] = [0, 0, 0, 0];
    distances.forEach((distance, row) => {
      if (distance < kth) [nearer, nearerMalignant] = [nearer + 1, nearerMalignant + Number(this.malignant[row])];
      if (distance === kth) [tied, tiedMalignant] = [tied + 1, tiedMalignant + Number(this.malignant[row])];
    });
    const open = K - nearer;
    return [
      nearerMalignant + Math.max(0, open - (tied - tiedMalignant)),
      nearerMalignant + Math.min(open, tiedMalignant),
    ];
  }
}
