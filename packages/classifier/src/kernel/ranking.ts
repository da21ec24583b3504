import type { MetricName, ModelFile } from '../model/model-file';
import { rankFractions, type FractionRanks } from './fraction-ranks';

/** Whole numbers that order distances, and what they stand for. */
export interface DistanceRanking {
  /** Null when the squared distance is the rank itself. */
  readonly fractionRanks: FractionRanks | null;
  /** By rank, ascending. */
  readonly distances: Float64Array;
  /** The highest that is not beyond the alarm distance. */
  readonly alarmRank: number;
}

const MAX_SQUARE = 81;

/** Null when there are more different distances than 16 bits can order. */
export function rankDistances(
  metric: MetricName,
  featureCount: number,
  alarm: ModelFile['alarm'],
): DistanceRanking | null {
  const lastUsual = (numerators: Float64Array, denominatorAt: (rank: number) => number) =>
    numerators.findLastIndex(
      (numerator, rank) => numerator * alarm.denominator <= alarm.numerator * denominatorAt(rank),
    );
  if (metric === 'euclidean') {
    const squares = Float64Array.from({ length: MAX_SQUARE * featureCount + 1 }, (_, square) => square);
    return { fractionRanks: null, distances: squares.map(Math.sqrt), alarmRank: lastUsual(squares, () => 1) };
  }
  const fractionRanks = rankFractions(featureCount);
  if (fractionRanks === null) return null;
  const { numerators, denominators } = fractionRanks;
  const distances = numerators.map((numerator, rank) => numerator / denominators[rank]);
  return { fractionRanks, distances, alarmRank: lastUsual(numerators, (rank) => denominators[rank]) };
}
