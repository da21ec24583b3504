import type { Label } from '@cytoqueue/schema';
import { conformalPValue, classRatioScore, plattProbability } from '@cytoqueue/classifier';
import { fitEpsilon } from '../epsilon';
import { fitPlatt, type Platt } from '../platt';
import { TrainingDataError } from '../training-data';
import type { DistanceConfig } from './distance-configs';
import type { SplitStatistics } from './split-statistics';

/** How neighbours give a probability: see `RuleName`; `weighted-votes` weights votes by 1 / distance. */
export type CandidateRule = 'votes' | 'weighted-votes' | 'class-ratio';

export interface Candidate {
  readonly distanceConfig: DistanceConfig;
  readonly rule: CandidateRule;
  readonly k: number;
  /** Whether to compute conformal p-values; only with `class-ratio`. */
  readonly conformal?: boolean;
}

/** Predictions of one candidate for a split; all NaN when no calibration fits the train rows. */
export interface SplitScore {
  /** Probability of malignancy of each test row. */
  readonly probabilities: Float64Array;
  /** Leave-one-group-out Brier score of the train rows, the only score that selection may use. */
  readonly trainBrier: number;
  /** Conformal p-values of each test row by class, if the candidate has `conformal`. */
  readonly pValues?: readonly [benign: Float64Array, malignant: Float64Array];
}

/** Scores a candidate on a split. All parameters are fitted to the train rows only. */
export function scoreCandidate({ rule, k, conformal = false }: Candidate, split: SplitStatistics): SplitScore {
  if (rule === 'class-ratio') return scoreClassRatio(k - 1, split, conformal);
  const shares = rule === 'votes' ? 'voteShares' : 'weightedShares';
  return { probabilities: split.test[shares][k - 1], trainBrier: brier(split.train[shares][k - 1], split.trainLabels) };
}

function scoreClassRatio(index: number, split: SplitStatistics, conformal: boolean): SplitScore {
  const { train, trainLabels, trainLeaveOneOut, test } = split;
  try {
    const epsilon = fitEpsilon(trainLeaveOneOut.malignantMeans[index]);
    const ratios = (means: SplitStatistics['train']) =>
      means.benignMeans[index].map((benign, row) => classRatioScore(benign, means.malignantMeans[index][row], epsilon));
    const trainScores = ratios(train);
    const platt = fitPlatt(trainScores, trainLabels as ArrayLike<number> as ArrayLike<Label>);
    const testScores = ratios(test);
    return {
      probabilities: calibrated(testScores, platt),
      trainBrier: brier(calibrated(trainScores, platt), trainLabels),
      pValues: conformal
        ? [pValues(testScores, trainScores, trainLabels, 0), pValues(testScores, trainScores, trainLabels, 1)]
        : undefined,
    };
  } catch (error) {
    if (!(error instanceof TrainingDataError)) throw error;
    return { probabilities: test.benignMeans[index].map(() => NaN), trainBrier: NaN };
  }
}

function calibrated(scores: Float64Array, platt: Platt): Float64Array {
  return scores.map((score) => plattProbability(score, platt));
}

/**
 * Conformal p-values of the test rows for one class. The nonconformity score is the class-ratio score or its negative.
 */
function pValues(
  testScores: Float64Array,
  trainScores: Float64Array,
  trainLabels: Uint8Array,
  label: Label,
): Float64Array {
  const sign = label === 0 ? 1 : -1;
  const ascending = trainScores
    .filter((_, row) => trainLabels[row] === label)
    .map((score) => sign * score)
    .sort();
  return testScores.map((score) => conformalPValue(sign * score, ascending));
}

function brier(probabilities: Float64Array, labels: Uint8Array): number {
  return probabilities.reduce((sum, p, row) => sum + (p - labels[row]) ** 2, 0) / labels.length;
}
