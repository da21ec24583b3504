import { formatPercent, formatScore, markdownTable } from '../card/markdown';
import type { EvaluationMetrics } from '../evaluation/evaluation-metrics';
import type { OwnModel } from './own-model';

/** Facts of the training for the card. */
export interface OwnTraining {
  /** `own/NAME@VERSION` */
  readonly ref: string;
  readonly digest: string;
  /** Data rows of the file; the model has the complete ones. */
  readonly rows: number;
  readonly classes: readonly [negative: number, positive: number];
  readonly patients: number;
  readonly folds: number;
  readonly repetitions: number;
  readonly seed: number;
}

const TITLES = {
  accuracy: 'accuracy',
  sensitivity: 'sensitivity',
  specificity: 'specificity',
  auc: 'area under the ROC curve',
  brier: 'Brier score',
  log_loss: 'log loss',
  ece: 'expected calibration error',
} satisfies Partial<Record<keyof EvaluationMetrics, string>>;

/** Model card in Markdown of a laboratory's own model. Its plots are in the same folder. */
export function writeOwnCard(model: OwnModel, training: OwnTraining): string {
  const { file, cv, cv_intervals: intervals, coverage } = model;
  const [negative, positive] = file.labels;
  const scores = (Object.keys(TITLES) as (keyof typeof TITLES)[]).map((name) => {
    const [low, high] = intervals[name];
    return [TITLES[name], formatScore(cv[name]), `${formatScore(low)} to ${formatScore(high)}`];
  });
  const sections = [
    `# Model card: ${training.ref}`,
    `${file.k} nearest rows of each class by ${file.metric === 'euclidean' ? 'Euclidean distance between z-scores' : 'Bray-Curtis distance'}; model digest \`${training.digest}\`.`,
    '## Limits of use',
    file.limits_of_use.map((limit) => `- ${limit}`).join('\n'),
    '## Training data',
    `${training.rows} rows, of which ${training.classes[0] + training.classes[1]} are complete and were used: ${training.classes[0]} ${negative}, ${training.classes[1]} ${positive}; ${training.patients} patients. File digest \`${file.training.data_digest}\`.`,
    '## Performance',
    `${training.repetitions} × ${training.folds}-fold stratified cross-validation, rows of one patient in one fold, seed ${training.seed}. Each fold fits a whole model. ${positive} is the positive class. The 95 % intervals show the variation with other patients (bootstrap).`,
    markdownTable(['metric', 'mean', '95 % interval'], scores),
    `${formatPercent(coverage)} of the records were answered \`confident\`.`,
    file.novelty === undefined
      ? 'The model knows no rule for unusual records beside the distance to its neighbours: it has too few rows of a class, or its values do not allow one.'
      : 'The model has a rule for unusual records and limits for verdicts on files, fitted to this file. How well they work was not measured.',
    '![ROC curve](roc.svg) ![Reliability](reliability.svg)\n![Risk and coverage](risk-coverage.svg) ![Confusion matrix](confusion-matrix.svg)',
  ];
  return `${sections.join('\n\n')}\n`;
}
