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

/** Scores of classes that do not overlap have no finite curve of maximum likelihood: refuse them, or draw the targets together. */
export type IfSeparable = 'refuse' | 'smooth';

/**
 * Fits the logistic curve with the maximum likelihood, without regularisation: Newton's method until convergence, with
 * steps halved while they increase the loss. After Platt (1999), "Probabilistic outputs for support vector machines",
 * but with targets 0 and 1; Platt's own targets, which suppose one more row of each class, are used to smooth.
 * @throws TrainingDataError `separable` when the scores of the classes do not overlap, unless they are smoothed
 */
export function fitPlatt(
  scores: ArrayLike<number>,
  labels: ArrayLike<Label>,
  ifSeparable: IfSeparable = 'refuse',
): Platt {
  let targets: ArrayLike<number> = labels;
  if (isSeparable(scores, labels)) {
    if (ifSeparable === 'refuse')
      throw new TrainingDataError(
        'separable',
        'the leave-one-out scores separate the classes, so that no finite calibration curve fits',
      );
    targets = plattTargets(labels);
  }
  let platt: Platt = { slope: 0, intercept: 0 };
  for (let i = 0; i < MAX_STEPS; i++) {
    const step = dampedStep(platt, scores, targets);
    platt = addStep(platt, step);
    if (abs(step.slope) + abs(step.intercept) <= STEP_TOLERANCE * (1 + abs(platt.slope))) return platt;
  }
  throw new TrainingDataError('separable', 'the calibration does not converge');
}

function plattTargets(labels: ArrayLike<Label>): Float64Array {
  const counts = [0, 0];
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  const target = [1 / (counts[0] + 2), (counts[1] + 1) / (counts[1] + 2)];
  return Float64Array.from({ length: labels.length }, (_, i) => target[labels[i]]);
}

function dampedStep(platt: Platt, scores: ArrayLike<number>, targets: ArrayLike<number>): Platt {
  const limit = logLoss(platt, scores, targets) * (1 + LOSS_TOLERANCE);
  let step = newtonStep(platt, scores, targets);
  while (!(logLoss(addStep(platt, step), scores, targets) <= limit)) {
    step = { slope: step.slope / 2, intercept: step.intercept / 2 };
  }
  return step;
}

/** Solves (Xᵀ W X) step = Xᵀ (y − p), where X has one row (score, 1) per sample. */
function newtonStep(platt: Platt, scores: ArrayLike<number>, targets: ArrayLike<number>): Platt {
  let [squares, sums, weights, scoreResiduals, residuals] = [0, 0, 0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    const probability = plattProbability(scores[i], platt);
    const weight = probability * (1 - probability);
    const residual = targets[i] - probability;
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
function logLoss({ slope, intercept }: Platt, scores: ArrayLike<number>, targets: ArrayLike<number>): number {
  let loss = 0;
  for (let i = 0; i < scores.length; i++) {
    const logit = slope * scores[i] + intercept;
    loss += max(logit, 0) - targets[i] * logit + log1p(exp(-abs(logit)));
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
