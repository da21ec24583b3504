import type { EvaluationMetrics } from '@cytoqueue/training';
import { textTable } from '../demo/text-table';
import { describeOwnRules } from './card-trust';
import type { TrainingReport } from './report';

const shown = ['accuracy', 'sensitivity', 'specificity', 'jaccard_benign', 'jaccard_malignant', 'f1', 'mcc', 'auc', 'brier', 'log_loss', 'ece'] as const satisfies (keyof EvaluationMetrics)[]; // prettier-ignore

/** Formats the results of a training run for the terminal. */
export function printScores({ models, nested, data, protocol }: TrainingReport, directory: string): string {
  const rows = [
    ...Object.entries(models).map(([name, { cv }]) => [name, cv] as const),
    ...nested.map(({ family, cv }) => [`selected in each fold: ${family}`, cv] as const),
  ];
  const scores = rows.map(([name, cv]) => [name, ...shown.map((metric) => Number(cv[metric].toFixed(4)))]);
  const files = Object.entries(models).map(
    ([name, { version }]) => `  ${directory}/${name}/${version}.json, its card ${directory}/${name}/${version}/card.md`,
  );
  return [
    `${data.complete_rows} complete rows (${data.benign} benign, ${data.malignant} malignant), ${protocol.repetitions} × ${protocol.folds}-fold cross-validation by id, seed ${protocol.seed}`,
    '',
    textTable(['model', ...shown], scores),
    '',
    ...Object.entries(models).flatMap(([name, { unlike_training: rules }]) =>
      rules === undefined ? [] : [`${name}: ${describeOwnRules(rules)}`, ''],
    ),
    ...files,
    `  ${directory}/evaluation.json`,
    '',
  ].join('\n');
}
