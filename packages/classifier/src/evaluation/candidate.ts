import type { Label } from '@cytoqueue/schema';
import { conformalPValue } from '../conformal';
import { fitEpsilon } from '../epsilon';
import { fitPlatt, type Platt } from '../platt';
import { classRatioScore, plattProbability } from '../rule';
import { TrainingDataError } from '../trainingdata';
import type { Space } from './spaces';
import type { SplitView } from './splitview';

/** How neighbours become a probability: see `RuleName`; `weighted-votes` count by 1 / distance. */
export type RuleKind = 'votes' | 'weighted-votes' | 'class-ratio';

export interface Candidate {
  readonly space: Space;
  readonly rule: RuleKind;
  readonly k: number;
  /** Asks for conformal p-values; only with `class-ratio`. */
  readonly conformal?: boolean;
}

/** What one candidate makes of a split; NaN throughout when no calibration fits the known rows. */
export interface SplitScore {
  /** Of malignancy, one per asked row. */
  readonly probabilities: Float64Array;
  /** Brier score of the known rows, each seen by those of other groups alone: what selection may look at. */
  readonly knownBrier: number;
  /** Conformal p-values of each asked row, by class, where the candidate asks for them. */
  readonly pValues?: readonly [benign: Float64Array, malignant: Float64Array];
}

/** Everything is fitted to the known rows of the split alone. */
export function scoreCandidate({ rule, k, conformal = false }: Candidate, view: SplitView): SplitScore {
  if (rule === 'class-ratio') return scoreRatio(k - 1, view, conformal);
  const shares = rule === 'votes' ? 'voteShares' : 'weightedShares';
  return { probabilities: view.asked[shares][k - 1], knownBrier: brier(view.known[shares][k - 1], view.knownLabels) };
}

function scoreRatio(index: number, view: SplitView, conformal: boolean): SplitScore {
  const { known, knownLabels, knownButItself, asked } = view;
  try {
    const epsilon = fitEpsilon(knownButItself.malignantMeans[index]);
    const ratios = (means: SplitView['known']) =>
      means.benignMeans[index].map((benign, row) => classRatioScore(benign, means.malignantMeans[index][row], epsilon));
    const knownScores = ratios(known);
    const platt = fitPlatt(knownScores, knownLabels as ArrayLike<number> as ArrayLike<Label>);
    const askedScores = ratios(asked);
    return {
      probabilities: calibrated(askedScores, platt),
      knownBrier: brier(calibrated(knownScores, platt), knownLabels),
      pValues: conformal ? [pValues(askedScores, knownScores, knownLabels, 0), pValues(askedScores, knownScores, knownLabels, 1)] : undefined,
    };
  } catch (error) {
    if (!(error instanceof TrainingDataError)) throw error;
    return { probabilities: asked.benignMeans[index].map(() => NaN), knownBrier: NaN };
  }
}

function calibrated(scores: Float64Array, platt: Platt): Float64Array {
  return scores.map((score) => plattProbability(score, platt));
}

/** A row is the odder in a class the nearer the other class is; the score is the logarithm of that, or minus it. */
function pValues(asked: Float64Array, known: Float64Array, knownLabels: Uint8Array, label: Label): Float64Array {
  const sign = label === 0 ? 1 : -1;
  const ascending = known.filter((_, row) => knownLabels[row] === label).map((score) => sign * score).sort();
  return asked.map((score) => conformalPValue(sign * score, ascending));
}

function brier(probabilities: Float64Array, labels: Uint8Array): number {
  return probabilities.reduce((sum, p, row) => sum + (p - labels[row]) ** 2, 0) / labels.length;
}
