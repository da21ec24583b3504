import { type Batch, type Prediction, probabilityOf } from '@cytoqueue/client';
import { countConfusion, jaccardMalignant, sensitivity, specificity } from './confusion';
import { textTable } from './text-table';

type Row = Readonly<Record<string, string>>;

const FIRST_ROWS = 5;
const ROW_COLUMNS = [
  'row',
  'sample_code_number',
  'class',
  'predicted_class',
  'probability_malignant',
  'outcome',
  'missing_features',
];
/** Number of features to show with their contribution. */
const STRONGEST = 3;
const FEATURE_LETTERS = 4;

/** Prints the counts and the first rows of a finished batch. */
export function formatBatch(batch: Batch, rows: readonly Row[]): string {
  const { total, succeeded, rejected, failed } = batch.counts;
  const indeterminate = rows.filter((row) => row['outcome'] === 'indeterminate').length;
  const incomplete = rows.filter((row) => row['missing_features'] !== '').length;
  return [
    `\nModel ${batch.model.name}@${batch.model.version}, batch ${batch.status}`,
    `${total} rows: ${succeeded} scored, ${rejected} rejected, ${failed} failed; ${indeterminate} indeterminate, ${incomplete} with a missing measurement`,
    `\nThe first rows of the result (of ${Object.keys(rows[0] ?? {}).length} columns)`,
    textTable(
      ROW_COLUMNS,
      rows.slice(0, FIRST_ROWS).map((row) => ROW_COLUMNS.map((column) => row[column] ?? '')),
    ),
  ].join('\n');
}

/** Compares the predictions with the file's classes, and states how reliable the numbers are. */
export function formatOutcome(rows: readonly Row[]): string {
  const confusion = countConfusion(rows);
  const { malignant, benign, unpredicted } = confusion;
  return [
    "\nAgainst the file's own class column",
    textTable(
      ['', 'predicted malignant', 'predicted benign'],
      [
        ['malignant', malignant.asMalignant, malignant.asBenign],
        ['benign', benign.asMalignant, benign.asBenign],
      ],
    ),
    ...(unpredicted > 0 ? [`${unpredicted} rows without a prediction`] : []),
    `sensitivity ${percent(sensitivity(confusion))}   specificity ${percent(specificity(confusion))}   Jaccard (malignant) ${jaccardMalignant(confusion).toFixed(3)}`,
    'These rows are the training rows themselves, so the figures flatter. Honest ones, on rows the model had not seen: GET /v1/models/wbc-knn',
  ].join('\n');
}

/** Prints one record's result with its nearest training cases, features in file order. */
export function formatPrediction({ features }: Prediction, result: NonNullable<Prediction['result']>): string {
  const names = Object.keys(features);
  const line = (
    label: string,
    caseClass: string,
    distance: number | string,
    values: Readonly<Record<string, number | null>>,
  ) => [label, caseClass, distance, ...names.map((name) => values[name] ?? '?')];
  const cases = result.neighbors.map((neighbor) =>
    line(`training row ${neighbor.training_row}`, neighbor.class, neighbor.distance.toFixed(3), neighbor.features),
  );
  const reasons = result.reasons.length > 0 ? ` (${result.reasons.join(', ')})` : '';
  return [
    `${result.predicted_class}, probability of malignant ${percent(probabilityOf(result))}, ${result.outcome}${reasons}`,
    textTable(
      ['', 'class', 'distance', ...names.map((name) => name.slice(0, FEATURE_LETTERS))],
      [line('this record', '', '', features), ...cases],
    ),
    ...formatEvidence(result.evidence),
  ].join('\n');
}

/** Prints the largest contributions and the smallest change of class. */
function formatEvidence({ shapley, flip }: NonNullable<Prediction['result']>['evidence']): string[] {
  const strongest = Object.entries(shapley.values)
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .slice(0, STRONGEST)
    .map(([name, share]) => `${name} ${share < 0 ? '' : '+'}${percent(share)}`);
  const change = flip?.changes.map(({ feature, from, to }) => `${feature} ${to} instead of ${from}`).join(' and ');
  return [
    `From ${percent(shapley.base)} before anything is known, what moved it most: ${strongest.join(', ')}`,
    ...(flip === null ? [] : [`It would be ${flip.predicted_class} with ${change}`]),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
