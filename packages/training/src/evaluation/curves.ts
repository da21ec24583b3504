import { isGreyZone } from '@cytoqueue/classifier';
import { calibrationBin, ECE_BINS } from './evaluation-metrics';

/** Quality of the predictions of all repetitions, as points of plots. */
export interface Curves {
  /** From (0, 0) to (1, 1). */
  readonly roc: readonly { readonly false_positive_rate: number; readonly true_positive_rate: number }[];
  readonly reliability: readonly {
    readonly mean_probability: number;
    readonly malignant_share: number;
    readonly rows: number;
  }[];
  /** Error rate (`risk`) among the share of records with the most certain predictions (`coverage`). */
  readonly risk_coverage: readonly { readonly coverage: number; readonly risk: number }[];
  readonly grey_zone: GreyZoneMetrics;
}

export interface GreyZoneMetrics {
  /** Share of the records outside the grey zone. */
  readonly answered: number;
  readonly accuracy_of_answered: number;
  /** Malignant records that are classified as benign outside the grey zone, per repetition. */
  readonly missed_malignant: number;
}

interface LabelledProbability {
  readonly probability: number;
  readonly label: number;
}

export function computeCurves(probabilities: readonly Float64Array[], labels: Uint8Array): Curves {
  const predictions = probabilities.flatMap((repetition) =>
    Array.from(repetition, (probability, row) => ({ probability, label: labels[row] })),
  );
  return {
    roc: rocOf(predictions),
    reliability: reliabilityOf(predictions),
    risk_coverage: riskCoverageOf(predictions),
    grey_zone: greyZoneOf(predictions, probabilities.length),
  };
}

function rocOf(predictions: readonly LabelledProbability[]): Curves['roc'] {
  const descending = predictions.toSorted((a, b) => b.probability - a.probability);
  const totals = [0, 1].map((label) => predictions.filter((prediction) => prediction.label === label).length);
  const points = [{ false_positive_rate: 0, true_positive_rate: 0 }];
  const counts = [0, 0];
  descending.forEach(({ probability, label }, i) => {
    counts[label]++;
    if (descending[i + 1]?.probability === probability) return;
    points.push({ false_positive_rate: counts[0] / totals[0], true_positive_rate: counts[1] / totals[1] });
  });
  return points.filter((point, i) => !isBetween(points[i - 1], point, points[i + 1]));
}

/** Whether a point lies on a vertical or horizontal line between its neighbours and can be omitted. */
function isBetween(
  before: Curves['roc'][number] | undefined,
  point: Curves['roc'][number],
  after: Curves['roc'][number] | undefined,
): boolean {
  if (before === undefined || after === undefined) return false;
  const isVertical =
    before.false_positive_rate === point.false_positive_rate && point.false_positive_rate === after.false_positive_rate;
  return (
    isVertical ||
    (before.true_positive_rate === point.true_positive_rate && point.true_positive_rate === after.true_positive_rate)
  );
}

function reliabilityOf(predictions: readonly LabelledProbability[]): Curves['reliability'] {
  const bins = Array.from({ length: ECE_BINS }, (_, bin) =>
    predictions.filter(({ probability }) => calibrationBin(probability) === bin),
  );
  return bins
    .filter((bin) => bin.length > 0)
    .map((bin) => ({
      mean_probability: bin.reduce((sum, { probability }) => sum + probability, 0) / bin.length,
      malignant_share: bin.filter(({ label }) => label === 1).length / bin.length,
      rows: bin.length,
    }));
}

function riskCoverageOf(predictions: readonly LabelledProbability[]): Curves['risk_coverage'] {
  const mostCertainFirst = predictions.toSorted(
    (a, b) => Math.abs(b.probability - 0.5) - Math.abs(a.probability - 0.5),
  );
  const errorsAmong = [0];
  for (const { probability, label } of mostCertainFirst)
    errorsAmong.push((errorsAmong.at(-1) ?? 0) + (probability >= 0.5 === (label === 1) ? 0 : 1));
  return Array.from({ length: 51 }, (_, step) => {
    const coverage = (50 + step) / 100;
    const count = Math.round(coverage * predictions.length);
    return { coverage, risk: errorsAmong[count] / count };
  });
}

function greyZoneOf(predictions: readonly LabelledProbability[], repetitions: number): GreyZoneMetrics {
  const answered = predictions.filter(({ probability }) => !isGreyZone(probability));
  const correct = answered.filter(({ probability, label }) => probability >= 0.5 === (label === 1));
  const missed = answered.filter(({ probability, label }) => label === 1 && probability < 0.5);
  return {
    answered: answered.length / predictions.length,
    accuracy_of_answered: correct.length / answered.length,
    missed_malignant: missed.length / repetitions,
  };
}
