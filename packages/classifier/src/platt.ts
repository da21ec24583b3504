import { Matrix, solve } from 'ml-matrix';
import type { Label } from '@cytoqueue/schema';
import { plattProbability } from './rule';
import { TrainingDataError } from './trainingdata';

const MAX_STEPS = 100;
const STEP_TOLERANCE = 1e-12;
/** Sums of hundreds of logarithms differ by about this much from rounding alone. */
const LOSS_TOLERANCE = 1e-12;

export interface Platt {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * The logistic curve that makes the labels most likely, without regularisation: Newton's method to convergence, with
 * steps halved while they would make things worse. After Platt (1999), "Probabilistic outputs for support vector
 * machines", but on the plain 0/1 targets.
 * @throws TrainingDataError `separable` when the scores of the classes do not overlap: no curve is the steepest then
 */
export function fitPlatt(scores: ArrayLike<number>, labels: ArrayLike<Label>): Platt {
  if (isSeparable(scores, labels)) {
    throw new TrainingDataError('separable', 'the leave-one-out scores separate the classes, no finite calibration fits');
  }
  let platt: Platt = { slope: 0, intercept: 0 };
  for (let i = 0; i < MAX_STEPS; i++) {
    const step = dampedStep(platt, scores, labels);
    platt = moved(platt, step);
    if (Math.abs(step.slope) + Math.abs(step.intercept) <= STEP_TOLERANCE * (1 + Math.abs(platt.slope))) return platt;
  }
  throw new TrainingDataError('separable', 'the calibration does not converge');
}

function dampedStep(platt: Platt, scores: ArrayLike<number>, labels: ArrayLike<Label>): Platt {
  const limit = logLoss(platt, scores, labels) * (1 + LOSS_TOLERANCE);
  let step = newtonStep(platt, scores, labels);
  while (!(logLoss(moved(platt, step), scores, labels) <= limit)) {
    step = { slope: step.slope / 2, intercept: step.intercept / 2 };
  }
  return step;
}

/** Solves (Xᵀ W X) step = Xᵀ (y − p), X having one row (score, 1) per sample. */
function newtonStep(platt: Platt, scores: ArrayLike<number>, labels: ArrayLike<Label>): Platt {
  const probabilities = Array.from(scores, (score) => plattProbability(score, platt));
  const design = new Matrix(Array.from(scores, (score) => [score, 1]));
  const weighted = design.clone().mulColumnVector(probabilities.map((p) => p * (1 - p)));
  const residuals = Matrix.columnVector(probabilities.map((p, i) => labels[i] - p));
  const transposed = design.transpose();
  const step = solve(transposed.mmul(weighted), transposed.mmul(residuals));
  return { slope: step.get(0, 0), intercept: step.get(1, 0) };
}

function moved(from: Platt, step: Platt): Platt {
  return { slope: from.slope + step.slope, intercept: from.intercept + step.intercept };
}

/** −ln likelihood. ln(1 + eᶻ) is taken so that no term overflows. */
function logLoss({ slope, intercept }: Platt, scores: ArrayLike<number>, labels: ArrayLike<Label>): number {
  let loss = 0;
  for (let i = 0; i < scores.length; i++) {
    const logit = slope * scores[i] + intercept;
    const z = labels[i] === 1 ? -logit : logit;
    loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  }
  return loss;
}

function isSeparable(scores: ArrayLike<number>, labels: ArrayLike<Label>): boolean {
  const all = Array.from(scores);
  const benign = all.filter((_, i) => labels[i] === 0);
  const malignant = all.filter((_, i) => labels[i] === 1);
  return Math.max(...benign) <= Math.min(...malignant) || Math.max(...malignant) <= Math.min(...benign);
}
