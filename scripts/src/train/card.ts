import type { MetricValues } from '@cytoqueue/classifier';
import type { EvaluationMetrics } from '@cytoqueue/training';
import { compareGrid, compareNested } from './card-comparison';
import { describeTrust } from './card-trust';
import { otherModelsText } from './dataset-notes';
import { formatScore, formatPercent, markdownTable } from './markdown';
import type { ModelReport, TrainingReport } from './report';

/** The card of one model of a report, in Markdown; the plots lie beside it. */
export function writeCard(name: string, report: TrainingReport): string {
  const model = report.models[name];
  const sections = [
    `# Model card: ${name} ${model.version}`,
    `${model.summary}. Schema \`${report.schema}\`, model digest \`${model.digest}\`.`,
    '## Limits of use',
    model.limits_of_use.map((limit) => `- ${limit}`).join('\n'),
    '## Training data',
    dataSection(report),
    '## How good it is',
    protocolSection(report),
    scoreTable(model),
    uncertaintySection(model),
    '![ROC curve](roc.svg) ![Reliability](reliability.svg)\n![Risk and coverage](risk-coverage.svg) ![Confusion matrix](confusion-matrix.svg)',
    ...describeTrust(model),
    '## The same model by other protocols',
    variantTable(model),
    '## Beside what it was chosen from',
    compareNested(report),
    compareGrid(report),
    otherModelsText(report.data.digest),
    '## Never train on the id',
    idLeakSection(report),
  ];
  return `${sections.join('\n\n')}\n`;
}

function dataSection({ data }: TrainingReport): string {
  return [
    `${data.rows} rows, of which ${data.complete_rows} are complete and were used: ${data.benign} benign, ${data.malignant} malignant;`,
    `${data.ids} distinct ids, ${data.distinct_vectors} distinct feature vectors. File digest \`${data.digest}\`.`,
    'The id tells rows apart that must not vouch for each other; it is no feature and not part of the model.',
  ].join('\n');
}

function protocolSection({ protocol }: TrainingReport): string {
  return [
    `${protocol.repetitions} × ${protocol.folds}-fold stratified cross-validation, rows of one id in one fold, seed ${protocol.seed}.`,
    'Everything that is fitted, is fitted inside the folds. Malignant is the positive class. Intervals (95 %) are for other',
    'patients, by a bootstrap over ids; the Monte-Carlo error is that of the mean for other folds.',
  ].join('\n');
}

const titles: Record<keyof EvaluationMetrics, string> = {
  accuracy: 'accuracy',
  sensitivity: 'sensitivity',
  specificity: 'specificity',
  jaccard_benign: 'Jaccard, benign',
  jaccard_malignant: 'Jaccard, malignant',
  f1: 'F1',
  mcc: 'Matthews correlation',
  auc: 'area under the ROC curve',
  brier: 'Brier score',
  log_loss: 'log loss',
  ece: 'expected calibration error',
};

function scoreTable({ cv, cv_intervals: intervals, cv_monte_carlo_error: errors }: ModelReport): string {
  const names = Object.keys(titles) as (keyof EvaluationMetrics)[];
  const rows = names.map((name) => {
    const [low, high] = intervals[name];
    return [
      titles[name],
      formatScore(cv[name]),
      `${formatScore(low)} to ${formatScore(high)}`,
      formatScore(errors[name]),
    ];
  });
  return markdownTable(['figure', 'mean', '95 % interval', 'Monte-Carlo error'], rows);
}

function uncertaintySection({ curves, conformal, operating_points: points }: ModelReport): string {
  const { answered, accuracy_of_answered: right, missed_malignant: missed } = curves.grey_zone;
  const lines = [
    `Outside the grey zone (probability at most .05 or at least .95) are ${formatPercent(answered)} of the records; ${formatPercent(right)} of those`,
    `are answered rightly, and ${missed.toFixed(1)} malignant ones are missed in a round of cross-validation. At the operating point \`sensitivity99\`, which`,
    `left-out malignant rows reach in 99 %, malignant begins at ${formatScore(points.sensitivity99)}.`,
  ];
  if (conformal !== null) {
    lines.push(
      `The 99 % conformal set holds the true class of ${formatPercent(conformal.coverage)} of the records and has ${formatScore(conformal.mean_set_size)} members on average.`,
    );
  }
  return lines.join('\n');
}

function variantTable({ cv, leave_one_out: left, deduplicated, chronological }: ModelReport): string {
  const row = (title: string, { accuracy, sensitivity, specificity }: MetricValues | EvaluationMetrics) => [
    title,
    formatScore(accuracy as number),
    formatScore(sensitivity as number),
    formatScore(specificity as number),
  ];
  const rows = [
    row('cross-validation', cv),
    row('leave-one-out, by id', left),
    row('each feature vector once', deduplicated),
  ];
  if (chronological !== null)
    rows.push(row('first group of records known, later ones of other ids asked', chronological));
  return markdownTable(['protocol', 'accuracy', 'sensitivity', 'specificity'], rows);
}

function idLeakSection({ id_leak: leak }: TrainingReport): string {
  if (leak === null) return 'The rows have no numeric id, so that there is nothing to demonstrate.';
  const { with_id: withId, without_id: without } = leak;
  return [
    'A published demo of such a system took the id column for a feature. The same textbook k-NN (k = 5, Euclidean, raw',
    `values) has a sensitivity of ${formatPercent(without.sensitivity)} without the id and of **${formatPercent(withId.sensitivity)}** with it; accuracy falls from`,
    `${formatPercent(without.accuracy)} to ${formatPercent(withId.accuracy)}, the Jaccard index of malignant from ${formatScore(without.jaccard_malignant)} to ${formatScore(withId.jaccard_malignant)}. Ids are large numbers, so that they`,
    'decide the distance, and what they say of a new patient is chance.',
  ].join('\n');
}
