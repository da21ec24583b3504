import type { MetricValues } from '@cytoqueue/classifier';
import { formatScore, formatPercent, markdownTable, type EvaluationMetrics } from '@cytoqueue/training';
import { compareGrid, compareNested } from './card-comparison';
import { describeTrust } from './card-trust';
import { otherModelsText } from './dataset-notes';
import { type ModelReport, type TrainingReport, reportOf } from './report';

/** Model card in Markdown of one model of a report. Its plots are in the same folder. */
export function writeCard(name: string, report: TrainingReport): string {
  const model = reportOf(report, name);
  const sections = [
    `# Model card: ${name} ${model.version}`,
    `${model.summary}. Schema \`${report.schema}\`, model digest \`${model.digest}\`.`,
    '## Limits of use',
    model.limits_of_use.map((limit) => `- ${limit}`).join('\n'),
    '## Training data',
    dataSection(report),
    '## Performance',
    protocolSection(report),
    scoreTable(model),
    uncertaintySection(model),
    '![ROC curve](roc.svg) ![Reliability](reliability.svg)\n![Risk and coverage](risk-coverage.svg) ![Confusion matrix](confusion-matrix.svg)',
    ...describeTrust(model),
    '## Other evaluation protocols',
    variantTable(model),
    '## Comparison with other candidates',
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
    'The id groups the rows of one patient, which are never on both sides of a split; it is no feature and not part of the model.',
  ].join('\n');
}

function protocolSection({ protocol }: TrainingReport): string {
  return [
    `${protocol.repetitions} × ${protocol.folds}-fold stratified cross-validation, rows of one id in one fold, seed ${protocol.seed}.`,
    'All parameters are fitted inside the folds. Malignant is the positive class. The 95 % intervals show the variation with other',
    'patients (bootstrap over ids); the Monte-Carlo error shows the variation of the mean with other folds.',
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
  return markdownTable(['metric', 'mean', '95 % interval', 'Monte-Carlo error'], rows);
}

function uncertaintySection({ curves, conformal, operating_points: points }: ModelReport): string {
  const { answered, accuracy_of_answered: accuracy, missed_malignant: missed } = curves.grey_zone;
  const lines = [
    `${formatPercent(answered)} of the records are outside the grey zone (probability at most .05 or at least .95); ${formatPercent(accuracy)} of those`,
    `are classified correctly, and ${missed.toFixed(1)} malignant ones are missed per repetition. The operating point \`sensitivity99\` classifies`,
    `records from probability ${formatScore(points.sensitivity99)} on as malignant; 99 % of the left-out malignant rows reach it.`,
  ];
  if (conformal !== null) {
    lines.push(
      `The 99 % conformal set contains the true class of ${formatPercent(conformal.coverage)} of the records; its mean size is ${formatScore(conformal.mean_set_size)}.`,
    );
  }
  return lines.join('\n');
}

function variantTable({ cv, leave_one_out: leaveOneOut, deduplicated, chronological }: ModelReport): string {
  const row = (title: string, { accuracy, sensitivity, specificity }: MetricValues | EvaluationMetrics) => [
    title,
    formatScore(accuracy as number),
    formatScore(sensitivity as number),
    formatScore(specificity as number),
  ];
  const rows = [
    row('cross-validation', cv),
    row('leave-one-id-out', leaveOneOut),
    row('without repeated feature vectors', deduplicated),
  ];
  if (chronological !== null)
    rows.push(row('trained on the first group of records, tested on later ids', chronological));
  return markdownTable(['protocol', 'accuracy', 'sensitivity', 'specificity'], rows);
}

function idLeakSection({ id_leak: leak }: TrainingReport): string {
  if (leak === null) return 'The rows have no numeric id, so that the effect of training on it cannot be shown.';
  const { with_id: withId, without_id: without } = leak;
  return [
    'A published demo of such a system used the id column as a feature. The same textbook k-NN (k = 5, Euclidean, raw',
    `values) has a sensitivity of ${formatPercent(without.sensitivity)} without the id and of **${formatPercent(withId.sensitivity)}** with it; accuracy falls from`,
    `${formatPercent(without.accuracy)} to ${formatPercent(withId.accuracy)}, the Jaccard index of malignant from ${formatScore(without.jaccard_malignant)} to ${formatScore(withId.jaccard_malignant)}. Ids are large`,
    'numbers, so that they dominate the distance, and the id of a new patient is unrelated to the diagnosis.',
  ].join('\n');
}
