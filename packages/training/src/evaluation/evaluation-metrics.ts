/** Taken once: in a vm context, such as a test's, every look at a global is a slow call. */
const { abs, floor, log, max, min, sqrt } = Math;

/** Quality of probabilities beside the truth, malignant being positive. All but `log_loss` lie in 0..1, `mcc` in −1..1. */
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
/** A vote share of 0 or 1 that turns out wrong counts as one in a million; its surprise would be infinite. */
const LOG_LOSS_CLIP = 1e-6;

/** Probabilities with their labels, ordered once so that many weightings of the rows can be judged. */
export class Evaluator {
  private readonly ascending: Int32Array;

  constructor(
    private readonly probabilities: Float64Array,
    private readonly labels: Uint8Array,
    private readonly threshold = 0.5,
  ) {
    this.ascending = Int32Array.from(labels.keys()).sort((a, b) => probabilities[a] - probabilities[b]);
  }

  /** @param weights how often each row counts; once when left out */
  evaluate(weights?: ArrayLike<number>): EvaluationMetrics {
    const { probabilities, labels } = this;
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

  /** Share of the pairs of a malignant and a benign row that are in the right order; a tie is half a pair. */
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
