import type { MetricValues } from '@cytoqueue/classifier';

/** Bound once: Jest runs tests in a vm context, where reading a global is slow. */
const { abs, floor, log, max, min, sqrt } = Math;

/**
 * Quality of predicted probabilities; malignant is positive. `mcc` is in −1..1, `log_loss` is unlimited, others in
 * 0..1.
 */
export interface EvaluationMetrics {
  readonly accuracy: number;
  readonly sensitivity: number;
  readonly specificity: number;
  readonly jaccard_benign: number;
  readonly jaccard_malignant: number;
  readonly f1: number;
  readonly mcc: number;
  readonly auc: number;
  readonly brier: number;
  readonly log_loss: number;
  readonly ece: number;
}

export const evaluationMetricNames = ['accuracy', 'sensitivity', 'specificity', 'jaccard_benign', 'jaccard_malignant', 'f1', 'mcc', 'auc', 'brier', 'log_loss', 'ece'] as const satisfies (keyof EvaluationMetrics)[]; // prettier-ignore

export const ECE_BINS = 10;
/** Probabilities of 0 and 1 are clipped by this; otherwise one wrong vote share would make the log loss infinite. */
const LOG_LOSS_CLIP = 1e-6;

/** Evaluates probabilities against labels. Sorts them once, so that many weightings of the rows are fast. */
export class Evaluator {
  private readonly ascending: Int32Array;
  private readonly isIncomplete: boolean;

  constructor(
    private readonly probabilities: Float64Array,
    private readonly labels: Uint8Array,
    private readonly threshold = 0.5,
  ) {
    this.isIncomplete = probabilities.some(Number.isNaN);
    this.ascending = Int32Array.from(labels.keys()).sort((a, b) => probabilities[a] - probabilities[b]);
  }

  /**
   * Every metric is NaN where a probability is: no model could be fitted in some fold.
   * @param weights how often each row counts; default once
   */
  evaluate(weights?: ArrayLike<number>): EvaluationMetrics {
    const { probabilities, labels } = this;
    if (this.isIncomplete) return incompleteMetrics;
    const confusion = [0, 0, 0, 0];
    const bins = new Float64Array(2 * ECE_BINS);
    let [rows, brier, logLoss] = [0, 0, 0];
    for (let row = 0; row < labels.length; row++) {
      const weight = weights === undefined ? 1 : weights[row];
      if (weight === 0) continue;
      const [p, label] = [probabilities[row], labels[row]];
      rows += weight;
      confusion[2 * label + (p >= this.threshold ? 1 : 0)] += weight;
      brier += weight * (p - label) ** 2;
      logLoss -= weight * log(max(LOG_LOSS_CLIP, label === 1 ? p : 1 - p));
      bins[calibrationBin(p)] += weight * (p - label);
    }
    const ece = bins.reduce((sum, gap) => sum + abs(gap), 0) / rows;
    return { ...confusionRates(confusion), auc: this.auc(weights), brier: brier / rows, log_loss: logLoss / rows, ece };
  }

  /** Share of the pairs of a malignant and a benign row that are ordered correctly; a tie counts half. */
  private auc(weights?: ArrayLike<number>): number {
    const { ascending, probabilities, labels } = this;
    let [benignBelow, malignant, pairs] = [0, 0, 0];
    for (let i = 0; i < ascending.length;) {
      const level = probabilities[ascending[i]];
      const tied = [0, 0];
      for (; i < ascending.length && probabilities[ascending[i]] === level; i++) {
        tied[labels[ascending[i]]] += weights === undefined ? 1 : weights[ascending[i]];
      }
      pairs += tied[1] * (benignBelow + tied[0] / 2);
      benignBelow += tied[0];
      malignant += tied[1];
    }
    return pairs / (benignBelow * malignant);
  }
}

const incompleteMetrics = Object.fromEntries(
  evaluationMetricNames.map((name) => [name, NaN]),
) as unknown as EvaluationMetrics;

export function calibrationBin(probability: number): number {
  return min(ECE_BINS - 1, floor(probability * ECE_BINS));
}

function confusionRates([trueBenign, falseMalignant, falseBenign, trueMalignant]: number[]) {
  const [benign, malignant] = [trueBenign + falseMalignant, falseBenign + trueMalignant];
  const [calledBenign, calledMalignant] = [trueBenign + falseBenign, falseMalignant + trueMalignant];
  const mccScale = sqrt(benign * malignant * calledBenign * calledMalignant);
  return {
    accuracy: (trueBenign + trueMalignant) / (benign + malignant),
    sensitivity: trueMalignant / malignant,
    specificity: trueBenign / benign,
    jaccard_benign: trueBenign / (benign + falseBenign),
    jaccard_malignant: trueMalignant / (malignant + falseMalignant),
    f1: (2 * trueMalignant) / (malignant + calledMalignant),
    mcc: mccScale === 0 ? 0 : (trueBenign * trueMalignant - falseMalignant * falseBenign) / mccScale,
  };
}

/**
 * Confusion counts at a threshold and the rates that follow from them; malignant is positive.
 * @param probabilities probability of malignancy, one per label
 */
export function confusionMetrics(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  threshold: number,
): MetricValues {
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < labels.length; i++) counts[labels[i] * 2 + (probabilities[i] >= threshold ? 1 : 0)]++;
  const [true_benign, false_malignant, false_benign, true_malignant] = counts;
  const { f1: _f1, mcc: _mcc, ...rates } = confusionRates(counts);
  return { true_benign, false_malignant, false_benign, true_malignant, ...rates };
}
