import type { MetricName, ModelFile } from '../modelfile';
import { rankRatios, type Ratios } from './ratios';

/** Whole numbers that order distances, and what they stand for. */
export interface Ranking {
  /** Null when the squared distance is the rank itself. */
  readonly ratios: Ratios | null;
  /** By rank, ascending. */
  readonly distances: Float64Array;
  /** The highest that is not beyond the alarm distance. */
  readonly alarmRank: number;
}

const LARGEST_SQUARE = 81;

/** Null when there are more different distances than 16 bits can order. */
export function rankDistances(metric: MetricName, featureCount: number, alarm: ModelFile['alarm']): Ranking | null {
  const lastUsual = (numerators: Float64Array, denominatorAt: (rank: number) => number) =>
    numerators.findLastIndex((numerator, rank) => numerator * alarm.denominator <= alarm.numerator * denominatorAt(rank));
  if (metric === 'euclidean') {
    const squares = Float64Array.from({ length: LARGEST_SQUARE * featureCount + 1 }, (_, square) => square);
    return { ratios: null, distances: squares.map(Math.sqrt), alarmRank: lastUsual(squares, () => 1) };
  }
  const ratios = rankRatios(featureCount);
  if (ratios === null) return null;
  const { numerators, denominators } = ratios;
  const distances = numerators.map((numerator, rank) => numerator / denominators[rank]);
  return { ratios, distances, alarmRank: lastUsual(numerators, (rank) => denominators[rank]) };
}
