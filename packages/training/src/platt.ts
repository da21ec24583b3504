import { Matrix, solve } from 'ml-matrix';
import type { Label } from '@cytoqueue/schema';
import { plattProbability } from '@cytoqueue/classifier';
import { TrainingDataError } from './training-data';

/** Bound once: Jest runs tests in a vm context, where reading a global is slow. */
const { abs, exp, log1p, max, min } = Math;

const MAX_STEPS = 100;
const STEP_TOLERANCE = 1e-12;
/** Relative rounding error of a sum of hundreds of logarithms. */
const LOSS_TOLERANCE = 1e-12;

export interface Platt {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * Fits the logistic curve with the maximum likelihood, without regularisation: Newton's method until convergence, with
 * steps halved while they increase the loss. After Platt (1999), "Probabilistic outputs for support vector machines",
 * but with targets 0 and 1.
 * @throws TrainingDataError `separable` when the scores of the classes do not overlap: the slope would be infinite
 */
export function fitPlatt(scores: ArrayLike<number>, labels: ArrayLike<Label>): Platt {
  if (isSeparable(scores, labels)) {
    throw new TrainingDataError(
      'separable',
      'the leave-one-out scores separate the classes, so that no finite calibration curve fits',
    );
  }
  let platt: Platt = { slope: 0, intercept: 0 };
  for (let i = 0; i < MAX_STEPS; i++) {
    const step = dampedStep(platt, scores, labels);
    platt = addStep(platt, step);
    if (abs(step.slope) + abs(step.intercept) <= STEP_TOLERANCE * (1 + abs(platt.slope))) return platt;
  }
  throw new TrainingDataError('separable', 'the calibration does not converge');
}

function dampedStep(platt: Platt, scores: ArrayLike<number>, labels: ArrayLike<Label>): Platt {
  const limit = logLoss(platt, scores, labels) * (1 + LOSS_TOLERANCE);
  let step = newtonStep(platt, scores, labels);
  while (!(logLoss(addStep(platt, step), scores, labels) <= limit)) {
    step = { slope: step.slope / 2, intercept: step.intercept / 2 };
  }
  return step;
}

/** Solves (Xᵀ W X) step = Xᵀ (y − p), where X has one row (score, 1) per sample. */
function newtonStep(platt: Platt, scores: ArrayLike<number>, labels: ArrayLike<Label>): Platt {
  let [squares, sums, weights, scoreResiduals, residuals] = [0, 0, 0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    const probability = plattProbability(scores[i], platt);
    const weight = probability * (1 - probability);
    const residual = labels[i] - probability;
    squares += weight * scores[i] * scores[i];
    sums += weight * scores[i];
    weights += weight;
    scoreResiduals += residual * scores[i];
    residuals += residual;
  }
  const step = solve(new Matrix([[squares, sums], [sums, weights]]), Matrix.columnVector([scoreResiduals, residuals])); // prettier-ignore
  return { slope: step.get(0, 0), intercept: step.get(1, 0) };
}

function addStep(from: Platt, step: Platt): Platt {
  return { slope: from.slope + step.slope, intercept: from.intercept + step.intercept };
}

/** −ln likelihood, with ln(1 + eᶻ) computed so that no term overflows. */
function logLoss({ slope, intercept }: Platt, scores: ArrayLike<number>, labels: ArrayLike<Label>): number {
  let loss = 0;
  for (let i = 0; i < scores.length; i++) {
    const logit = slope * scores[i] + intercept;
    const z = labels[i] === 1 ? -logit : logit;
    loss += max(z, 0) + log1p(exp(-abs(z)));
  }
  return loss;
}

function isSeparable(scores: ArrayLike<number>, labels: ArrayLike<Label>): boolean {
  const minimum = [Infinity, Infinity];
  const maximum = [-Infinity, -Infinity];
  for (let i = 0; i < scores.length; i++) {
    minimum[labels[i]] = min(minimum[labels[i]], scores[i]);
    maximum[labels[i]] = max(maximum[labels[i]], scores[i]);
  }
  return maximum[0] <= minimum[1] || maximum[1] <= minimum[0];
}
