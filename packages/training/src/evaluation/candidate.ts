import type { Label } from '@cytoqueue/schema';
import { conformalPValue, classRatioScore, plattProbability } from '@cytoqueue/classifier';
import { fitEpsilon } from '../epsilon';
import { fitPlatt, type Platt } from '../platt';
import { TrainingDataError } from '../training-data';
import type { DistanceConfig } from './distance-configs';
import type { SplitStatistics } from './split-statistics';

/** How neighbours become a probability: see `RuleName`; `weighted-votes` count by 1 / distance. */
export type CandidateRule = 'votes' | 'weighted-votes' | 'class-ratio';

export interface Candidate {
  readonly space: DistanceConfig;
  readonly rule: CandidateRule;
  readonly k: number;
  /** Asks for conformal p-values; only with `class-ratio`. */
  readonly conformal?: boolean;
}

/** What one candidate makes of a split; NaN throughout when no calibration fits the known rows. */
export interface SplitScore {
  /** Of malignancy, one per asked row. */
  readonly probabilities: Float64Array;
  /** Brier score of the known rows, each seen by those of other groups alone: what selection may look at. */
  readonly trainBrier: number;
  /** Conformal p-values of each asked row, by class, where the candidate asks for them. */
  readonly pValues?: readonly [benign: Float64Array, malignant: Float64Array];
}

/** Everything is fitted to the known rows of the split alone. */
export function scoreCandidate({ rule, k, conformal = false }: Candidate, view: SplitStatistics): SplitScore {
  if (rule === 'class-ratio') return scoreClassRatio(k - 1, view, conformal);
  const shares = rule === 'votes' ? 'voteShares' : 'weightedShares';
  return { probabilities: view.test[shares][k - 1], trainBrier: brier(view.train[shares][k - 1], view.trainLabels) };
}

function scoreClassRatio(index: number, view: SplitStatistics, conformal: boolean): SplitScore {
  const { train, trainLabels, trainLeaveOneOut, test } = view;
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

/** A row is the odder in a class the nearer the other class is; the score is the logarithm of that, or minus it. */
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
