import type { LabelledSample } from '@cytoqueue/training';
import type { MetricName, ModelFile } from '../src';

/** A training row and its distance as a fraction of integers; for Euclidean the squared distance. */
export interface MeasuredRow {
  row: LabelledSample;
  numerator: bigint;
  denominator: bigint;
  distance: number;
}

/** Exact distances from a sample (NaN: not measured) to all rows, nearest first, ties by the lower training row. */
export function rank(sample: ArrayLike<number>, rows: readonly LabelledSample[], metric: MetricName): MeasuredRow[] {
  return rows
    .map((row) => measureDistance(sample, row, metric))
    .sort((a, b) => compare(a, b) || a.row.trainingRow - b.row.trainingRow);
}

export function compare(
  a: Pick<MeasuredRow, 'numerator' | 'denominator'>,
  b: Pick<MeasuredRow, 'numerator' | 'denominator'>,
): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function measureDistance(sample: ArrayLike<number>, row: LabelledSample, metric: MetricName): MeasuredRow {
  let [numerator, denominator] = [0, metric === 'euclidean' ? 1 : 0];
  for (let i = 0; i < sample.length; i++) {
    if (Number.isNaN(sample[i])) continue;
    const difference = Math.abs(sample[i] - row.sample[i]);
    numerator += metric === 'euclidean' ? difference ** 2 : difference;
    denominator += metric === 'euclidean' ? 0 : sample[i] + row.sample[i];
  }
  const distance = metric === 'euclidean' ? Math.sqrt(numerator) : numerator / denominator;
  return { row, numerator: BigInt(numerator), denominator: BigInt(denominator), distance };
}

/** Share of malignant rows among all rows at or within the k-th distance. */
function voteShare(ranked: readonly MeasuredRow[], k: number): number {
  const voters = ranked.filter((row) => compare(row, ranked[k - 1]) <= 0);
  return voters.filter(({ row }) => row.label === 1).length / voters.length;
}

/** Mean distance of the k nearest rows of a class, or of all its rows when it has fewer. */
export function classMean(ranked: readonly MeasuredRow[], label: number, k: number): number {
  const nearest = ranked.filter(({ row }) => row.label === label).slice(0, k);
  return nearest.reduce((sum, { distance }) => sum + distance, 0) / nearest.length;
}

export function probabilityOf(
  ranked: readonly MeasuredRow[],
  { k, calibration }: Pick<ModelFile, 'k' | 'calibration'>,
): number {
  if (calibration === null) return voteShare(ranked, k);
  const { epsilon, platt } = calibration;
  const score = Math.log((classMean(ranked, 0, k) + epsilon) / (classMean(ranked, 1, k) + epsilon));
  return 1 / (1 + Math.exp(-(platt.slope * score + platt.intercept)));
}

/** Ranking for a training row, leaving out the row itself and all rows with its id. */
export function rankOthers(row: LabelledSample, rows: readonly LabelledSample[], metric: MetricName): MeasuredRow[] {
  return rank(
    row.sample,
    rows.filter((other) => other !== row && (row.id === undefined || other.id !== row.id)),
    metric,
  );
}
