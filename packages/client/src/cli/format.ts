/* Formats API responses as text for people. */
import type { ApiError } from '../api-error';
import type {
  Agreement,
  Batch,
  ConfirmationReport,
  ConfusionMatrix,
  DriftReport,
  Estimate,
  FieldError,
  FileDrift,
  FileWarning,
  ImportReport,
  ModelSummary,
  ModelVersion,
  NamedImportProfile,
  Page,
  Performance,
  Prediction,
  Preflight,
  QueueState,
} from '../types';
import { probabilityOf } from '../probability';

const SHOWN_FEATURES = 3;

/** `1 row`, `2 rows`. @param noun its plural ends in s */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** Row number of errors in the header. */
const HEADER_ROW = 0;

export function formatPrediction({ id, status, model, result, error }: Prediction): string {
  if (result === undefined) return [`${id}: ${status}`, ...(error === undefined ? [] : [error.detail])].join('\n');
  const { predicted_class, outcome, reasons, missing_features, neighbors, evidence } = result;
  const about = result.positive_class === undefined ? 'malignancy' : result.positive_class;
  const strongest = Object.entries(evidence.shapley.values)
    .toSorted(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .slice(0, SHOWN_FEATURES);
  return [
    `${predicted_class}, probability of ${about} ${percent(probabilityOf(result))}, ${outcome}`,
    ...reasons.map((reason) => `  ${reason}`),
    ...(missing_features.length === 0 ? [] : [`  not measured: ${missing_features.join(', ')}`]),
    `nearest training rows: ${neighbors.map((neighbor) => `row ${neighbor.training_row} ${neighbor.class} at ${neighbor.distance.toFixed(3)}`).join(', ')}`,
    `strongest contributions (Shapley): ${strongest.map(([name, value]) => `${name} ${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`).join(', ')}`,
    `${id}, model ${model.name}@${model.version}; not a medical device`,
  ].join('\n');
}

export function formatBatch({
  id,
  status,
  filename,
  model,
  counts,
  summary,
  drift,
  agreement,
  progress,
  eta_seconds,
  import: importReport,
}: Batch): string {
  // Earlier servers do not count by label.
  const { benign = 0, malignant = 0, classes = { benign, malignant } } = summary as Partial<Batch['summary']>;
  const eta = eta_seconds === null || progress === 1 ? '' : `, about ${eta_seconds} s left`;
  return [
    `${id}: ${status}, ${percent(progress)}${eta}`,
    `  ${filename ?? 'unnamed file'}, model ${model.name}@${model.version}`,
    `  ${counted(counts.total, 'row')}: ${counts.succeeded} scored, ${counts.rejected} rejected, ${counts.failed} failed, ${counts.pending} pending`,
    `  ${formatClasses(classes)}; ${summary.indeterminate} indeterminate, ${summary.missing_features} with a missing measurement`,
    ...formatSkipped(importReport?.skipped_rows),
    ...formatAgreement(agreement, Object.keys(classes)),
    ...formatDrift(drift),
    ...(summary.drift?.notes ?? []).map(({ text }) => `  note: ${text}`),
  ].join('\n');
}

function formatClasses(classes: Batch['summary']['classes']): string {
  const counts = Object.entries(classes).map(([name, count]) => `${count} ${name}`);
  return counts.length === 0 ? 'no class counts' : counts.join(', ');
}

function formatAgreement(agreement: Agreement | undefined, [negative = '', positive = '']: string[]): string[] {
  if (agreement === undefined) return [];
  const { column, confident, ...all } = agreement;
  return [
    `  compared with the classes in column "${column}": ${formatMatrix(all, negative, positive)}`,
    `  of these confident: ${formatMatrix(confident, negative, positive)}`,
  ];
}

function formatMatrix(
  { true_positive, false_negative, true_negative, false_positive }: ConfusionMatrix,
  negative: string,
  positive: string,
): string {
  const positives = `${true_positive} of ${true_positive + false_negative} ${positive}`;
  return `${positives} and ${true_negative} of ${true_negative + false_positive} ${negative} rows agree`;
}

const MAX_DRIFT_COLUMNS = 10;
const driftWarnings: Readonly<Partial<Record<FileDrift['verdict'], string>>> = {
  differs: 'The values differ from the training data: compare the results with confirmed diagnoses.',
  unlike_training: 'WARNING: the file is unlike the training data. Find the cause before you use any result.',
};

/** Empty for a file like the training data, and for a file with too few rows to compare. */
function formatDrift(drift: FileDrift | undefined): string[] {
  const warning = drift && driftWarnings[drift.verdict];
  if (drift === undefined || warning === undefined) return [];
  return [`  ${warning}`, ...formatDriftColumns(drift.columns)];
}

function formatDriftColumns(columns: FileDrift['columns']): string[] {
  const lines = columns.map(({ column, cause, effect_size: effect }) => {
    const reason = cause === undefined ? '' : ` (${cause.replaceAll('_', ' ')})`;
    return `    ${column}: differs by ${effect} standard deviations${reason}`;
  });
  const rest = lines.length - MAX_DRIFT_COLUMNS;
  return [...lines.slice(0, MAX_DRIFT_COLUMNS), ...(rest > 0 ? [`    and ${counted(rest, 'more column')}`] : [])];
}

const MAX_LISTED = 10;

export function formatPreflight(report: Preflight): string {
  const { problems, columns, rows, rejected_by_code, faults, warnings, warnings_total, drift, eta_seconds } = report;
  return [
    ...problems.map(({ detail }) => `${report.accepted ? 'note' : 'refused'}: ${detail}`),
    ...formatRows(rows),
    ...formatColumns(columns),
    ...(report.import?.repairs ?? []).map(({ detail }) => `  repaired: ${detail}`),
    ...formatSkipped(report.import?.skipped_rows),
    ...formatWarnings(warnings, warnings_total),
    ...Object.entries(rejected_by_code).map(([code, count]) => `  ${code}: ${counted(count, 'row')}`),
    ...faults.slice(0, MAX_LISTED).map(({ detail, rows: count, first_row, first_line }) => {
      const location = first_line === null ? `row ${first_row}` : `row ${first_row} (line ${first_line})`;
      return `  ${location}${count === 1 ? '' : ` and ${count - 1} more`}: ${detail}`;
    }),
    ...formatDrift(drift),
    ...(drift.notes ?? []).map(({ text }) => `  note: ${text}`),
    ...(eta_seconds === null ? [] : [`scoring would take about ${eta_seconds} s`]),
  ].join('\n');
}

/** Nothing for a file that was refused before its rows were read. */
function formatRows(rows: Preflight['rows']): string[] {
  if (rows === null) return [];
  const { total, valid, rejected, with_missing_features, repeated } = rows;
  return [
    `${counted(total, 'row')}: ${valid} can be scored, ${rejected} would be rejected; ${with_missing_features} with a missing measurement, ${repeated} repeated`,
  ];
}

/** Only counts the columns that the results repeat unchanged, because a file may have hundreds of them. */
function formatColumns(columns: Preflight['columns']): string[] {
  const shown = columns.filter(({ used_as, suggestion }) => used_as !== 'carried' || suggestion !== undefined);
  const carried = columns.length - shown.length;
  return [
    ...shown.map(({ column, used_as, feature, suggestion }) => {
      const hint = suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`;
      return `  ${JSON.stringify(column)} → ${feature ?? used_as}${hint}`;
    }),
    ...(carried === 0
      ? []
      : [`  ${counted(carried, 'other column')} ${carried === 1 ? 'is' : 'are'} repeated in the results`]),
  ];
}

function formatSkipped(skipped: ImportReport['skipped_rows'] | undefined): string[] {
  const names = Object.entries(skipped ?? {}).filter(([, count]) => count > 0);
  return names.length === 0
    ? []
    : [
        `  left out: ${names.map(([kind, count]) => `${counted(count, `${kind.replaceAll('_', ' ')} row`)}`).join(', ')}`,
      ];
}

export function formatWarnings(warnings: readonly FileWarning[], total: number): string[] {
  const lines = warnings.slice(0, MAX_LISTED).map(({ code, row, line, detail }) => {
    const location = [row === undefined ? '' : `row ${row}`, line === undefined ? '' : `line ${line}`].filter(Boolean);
    return `  warning ${code}: ${location.length === 0 ? '' : `${location.join(', ')}: `}${detail}`;
  });
  return [...lines, ...(total > lines.length ? [`  and ${counted(total - lines.length, 'more warning')}`] : [])];
}

export function formatBatchList({ data, has_more, last_id }: Page<Batch>): string {
  const lines = data.map(
    ({ id, created_at, status, counts, filename }) =>
      `${id}  ${created_at}  ${status}  ${counted(counts.total, 'row')}  ${filename ?? ''}`,
  );
  return [...lines, ...(has_more ? [`next page: --after ${last_id}`] : [])].join('\n');
}

export function formatProfiles(profiles: readonly NamedImportProfile[]): string {
  if (profiles.length === 0) return 'no import profiles';
  return profiles
    .map(({ name, error, ...profile }) => `${name}: ${error === undefined ? JSON.stringify(profile) : error.detail}`)
    .join('\n');
}

export function formatConfirmationReport({ accepted, rejected, errors }: ConfirmationReport): string {
  const lines = errors.slice(0, MAX_LISTED).map(({ row, detail }) => `  row ${row}: ${detail}`);
  const rest = rejected - lines.length;
  return [
    `${accepted} confirmed ${accepted === 1 ? 'diagnosis' : 'diagnoses'} stored, ${counted(rejected, 'row')} rejected`,
    ...lines,
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ].join('\n');
}

export function formatPerformance({ data, notes }: Performance): string {
  const lines = data.map(
    ({ model, operating_point, outcome, predicted, confirmed, sensitivity, specificity, brier }) =>
      `${model} ${operating_point} ${outcome}: ${confirmed} of ${predicted} confirmed, sensitivity ${formatEstimate(sensitivity)}, specificity ${formatEstimate(specificity)}, Brier score ${brier?.value.toFixed(4) ?? '–'}`,
  );
  return [...(lines.length === 0 ? ['nothing was scored'] : lines), ...notes.map(({ text }) => text)].join('\n');
}

function formatEstimate(estimate: Estimate | null): string {
  return estimate === null
    ? '–'
    : `${percent(estimate.value)} (95 % CI ${percent(estimate.low)} to ${percent(estimate.high)})`;
}

export function formatDriftReport({ data }: DriftReport): string {
  const lines = data.flatMap(({ week, model, records, verdict, columns }) => [
    `${week} ${model}: ${counted(records, 'record')}, ${verdict.replaceAll('_', ' ')}`,
    ...formatDriftColumns(columns),
  ]);
  return lines.length === 0 ? 'nothing was scored' : lines.join('\n');
}

/** @param defaultModel `NAME@VERSION` of the laboratory's settings */
export function formatModels(models: ModelSummary[], defaultModel = ''): string {
  return models
    .map(
      ({ name, champion, versions }) =>
        `${name}${defaultModel.startsWith(`${name}@`) ? ` (default ${defaultModel.slice(name.length + 1)})` : ''}: ${champion === null ? 'no champion' : `champion ${champion}`}, versions ${versions.join(', ')}`,
    )
    .join('\n');
}

/** One line per other version: the figure of the version itself, and the difference with its 95 % interval. */
export function formatComparisons({ name, version, comparisons }: ModelVersion): string {
  if (comparisons.length === 0) return `${name}@${version} was not compared with another version`;
  const names = ['sensitivity', 'specificity', 'auc', 'brier', 'coverage'] as const;
  return comparisons
    .map((comparison) => {
      const figures = names.map((figure) => {
        const { value, difference } = comparison[figure];
        return `${figure} ${value.toFixed(3)} (${difference.value.toFixed(3)}, ${difference.low.toFixed(3)} to ${difference.high.toFixed(3)})`;
      });
      return `beside ${comparison.model} on ${counted(comparison.records, 'record')}: ${figures.join(', ')}`;
    })
    .join('\n');
}

export function formatQueue(queue: QueueState): string {
  const drain = queue.stalled
    ? ', stalled: no row finished for 15 s'
    : queue.drain_seconds === null
      ? ''
      : `, empty in about ${Math.ceil(queue.drain_seconds)} s`;
  return [
    `${counted(queue.backlog_rows, 'row')} in ${counted(queue.backlog_jobs, 'job')}, the oldest ${Math.round(queue.oldest_job_age_seconds)} s old${drain}`,
    `${counted(queue.workers_alive, 'worker')}, ${Math.round(queue.rows_per_second)} rows per second`,
    ...queue.queues.map(
      ({ name, waiting, prioritized, delayed, active, failed, paused }) =>
        `  ${name}${paused ? ' (paused)' : ''}: ${waiting + prioritized} waiting, ${delayed} delayed, ${active} active, ${failed} failed`,
    ),
  ].join('\n');
}

export function formatApiError(error: ApiError): string {
  const request = error.requestId === undefined ? [] : [`request ${error.requestId}`];
  const more = error.totalErrors > error.errors.length ? [`  … ${counted(error.totalErrors, 'error')} in total`] : [];
  return [
    error.message,
    ...error.errors
      .filter(({ detail }) => detail !== error.detail)
      .map((fieldError) => `  ${formatLocation(fieldError)}${fieldError.detail}`),
    ...more,
    ...request,
  ].join('\n');
}

function formatLocation({ field, row, line, column }: FieldError): string {
  const location = [
    ...(row === undefined || row === HEADER_ROW ? [] : [`row ${row}`]),
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(column === undefined ? (field === undefined ? [] : [field]) : [`column ${column}`]),
  ];
  return location.length === 0 ? '' : `${location.join(', ')}: `;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
