import type { Page, Training, TrainingEvaluation } from '../types';
import { counted, percent } from './format';

/** The figures by which a model is judged, in the order in which they are printed. */
const FIGURES = [
  ['sensitivity', 'sensitivity', percent],
  ['specificity', 'specificity', percent],
  ['auc', 'AUC', (value: number) => value.toFixed(3)],
  ['brier', 'Brier score', (value: number) => value.toFixed(4)],
] as const;

export function formatTraining(training: Training): string {
  const { id, status, name, filename, schema, label, group, data, progress, eta_seconds, model, evaluation, error } =
    training;
  const eta = eta_seconds === null || progress === 1 ? '' : `, about ${Math.ceil(eta_seconds)} s left`;
  const classes = Object.entries(data.classes).map(([className, count]) => `${count} ${className}`);
  return [
    `${id}: ${status}, ${percent(progress)}${eta}`,
    `  own/${name} from ${filename ?? 'unnamed file'}, schema ${schema}, class column "${label}"${group === null ? '' : `, patients by "${group}"`}`,
    `  ${counted(data.rows, 'row')}, ${data.complete_rows} complete with ${counted(data.features, 'feature')}: ${classes.join(', ')}`,
    ...(error === null ? [] : [`  ${error.code}: ${error.detail}`]),
    ...(evaluation === null ? [] : formatEvaluation(evaluation)),
    ...(model === null ? [] : formatNextSteps(model)),
  ].join('\n');
}

function formatEvaluation({ folds, repetitions, coverage, cv, cv_intervals }: TrainingEvaluation): string[] {
  return [
    `  in ${folds}-fold cross-validation, repeated ${repetitions} times (95 % CI):`,
    ...FIGURES.flatMap(([key, title, format]) => {
      const value = cv[key];
      if (value === undefined) return [];
      const interval = cv_intervals[key];
      const limits = interval === undefined ? '' : ` (${format(interval[0])} to ${format(interval[1])})`;
      return [`    ${title} ${format(value)}${limits}`];
    }),
    `    coverage ${percent(coverage)}: the share of records with a confident answer`,
  ];
}

function formatNextSteps(model: string): string[] {
  const at = model.lastIndexOf('@');
  const version = `${model.slice(0, at)} ${model.slice(at + 1)}`;
  return [
    `version ${model} is stored; it contains its training rows`,
    `  compare it with the versions in use: cytoqueue models compare ${version}`,
    `  score with it: --model ${model}, or make it what ${model.slice(0, at)} means: cytoqueue models promote ${version}`,
  ];
}

export function formatTrainingList({ data, has_more, last_id }: Page<Training>): string {
  const lines = data.map(
    ({ id, created_at, status, progress, name, model, filename }) =>
      `${id}  ${created_at}  ${status}  ${percent(progress)}  ${model ?? `own/${name}`}  ${filename ?? ''}`,
  );
  return [
    ...(lines.length === 0 ? ['no trainings'] : lines),
    ...(has_more ? [`next page: --after ${last_id}`] : []),
  ].join('\n');
}
