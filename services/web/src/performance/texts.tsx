import type { DriftReport, PerformanceEntry } from '@cytoqueue/client';
import type { ReactNode } from 'react';
import { formatCount, pluralize } from '../ui/format';

export const TEXTS = {
  title: 'Performance',
  lead: 'How the results of your laboratory compare with confirmed diagnoses, and how its records compare with the training data.',
  loadFailed: 'The performance could not be loaded.',
  noneConfirmed: 'No diagnosis confirmed yet',
  noneConfirmedText:
    'Add confirmed diagnoses below. Results are kept for a limited time, and diagnoses often come later: ask your administrator how long your results are kept before you start.',
  asOf: (time: string) => `As of ${time}.`,
  model: 'Model',
  confirmed: 'Confirmed',
  predicted: 'Predicted',
  sensitivity: 'Sensitivity',
  specificity: 'Specificity',
  outOf: (part: string, whole: string) => `${part} of ${whole}`,
  interval: (value: string, low: string, high: string) => `${value} (${low} to ${high})`,
  figures: {
    title: (model: string, isDefault: boolean) => `${model}, ${isDefault ? 'threshold 50 %' : 'cautious threshold'}`,
    lead: (link: (text: string) => ReactNode) => <>Confirmed results only. {link('Performance in testing')}</>,
    table: (model: string) => `Performance of ${model}`,
    results: 'Results',
    outcomes: {
      all: 'All results',
      confident: 'Confident',
      indeterminate: 'Undecided',
    } satisfies Record<PerformanceEntry['outcome'], string>,
    scored: 'Scored',
    brier: 'Brier score',
    confirmedShare: (count: string, share: string) => `${count} (${share})`,
    isBelow: 'Sensitivity is below that in testing.',
    isBelowText: (low: string, high: string, lowest: string) =>
      `Its 95 % interval, ${low} to ${high}, lies below ${lowest}, the lower bound in testing. Have recent results read a second time, and review the model.`,
    isNotBelow: (lowest: string) =>
      `The sensitivity is not below that in testing (lower bound ${lowest}) as far as these cases can tell.`,
  },
  calibration: {
    title: 'Calibration',
    lead: (positive: string) =>
      `Well calibrated where the upright bar (mean probability) lies within the line (95\u00a0% interval of the ${positive} cases).`,
    table: (model: string) => `Calibration of ${model}`,
    probability: 'Probability',
    range: (from: string, to: string) => `${from} to ${to}`,
    chart: 'Chart',
    observed: (positive: string) => `Observed ${positive}`,
  },
  monthsPanel: {
    title: 'By month',
    lead: 'All results by the month in which they were scored, with the 95 % interval.',
    loadFailed: 'The months could not be loaded.',
    table: 'Performance by month',
    month: 'Month',
    share: (counts: string, low: string, high: string) => `${counts}; ${low} to ${high}`,
  },
  driftPanel: {
    title: 'Drift over time',
    lead: 'The records of each week compared with the training data, newest week first. Differences are in standard deviations of the training data.',
    loadFailed: 'The drift could not be loaded.',
    empty: 'No record was scored in the last 90 days.',
    table: 'Drift by week',
    week: 'Week',
    records: 'Records',
    verdict: 'Verdict',
    verdicts: {
      like_training: 'similar',
      differs: 'differs',
      unlike_training: 'unlike the training data',
      too_few_rows: 'too few records',
    } satisfies Record<DriftReport['data'][number]['verdict'], string>,
    columns: 'Columns',
  },
  confirmDiagnosisPanel: {
    title: 'Add confirmed diagnoses',
    lead: 'A later entry for the same case replaces this one; both stay on record. New figures appear within a minute.',
    fromFile: 'From a file',
    fileHelp: (classes: readonly string[]) =>
      `CSV with batch, reference and diagnosis (${classes.join(' or ')}); at most 10,000 rows. The batch’s id stands at the end of its address.`,
    sending: 'Sending …',
    chooseFile: 'Choose a CSV file',
    template: 'Template',
    fileFailed: 'The file was not accepted.',
    stored: (accepted: number, rejected: number) =>
      `${pluralize(accepted, { one: 'diagnosis', other: 'diagnoses' })} stored${
        rejected === 0 ? '.' : `, ${pluralize(rejected, { one: 'row', other: 'rows' })} not accepted:`
      }`,
    rowError: (row: number, detail: string) => `Row ${row}: ${detail}`,
    oneCase: 'One case',
    target: 'Address or id of the record or batch',
    targetHelp: 'Copy the link of the record, the row or the batch.',
    reference: 'Reference in the batch',
    diagnosis: 'Confirmed diagnosis',
    choose: 'Choose …',
    date: 'Date (optional)',
    failed: 'The diagnosis was not stored.',
    isStored: 'The diagnosis is stored.',
    submit: 'Add diagnosis',
  },
  confirmationsPanel: {
    title: 'Confirmed diagnoses',
    lead: 'What was added, newest first. Of several for one case the last one counts.',
    loadFailed: 'The confirmed diagnoses could not be loaded.',
    empty: 'None yet.',
    showOlder: 'Show older diagnoses',
    action: 'Action',
    delete: 'Delete',
    deleteTitle: 'Delete this confirmed diagnosis?',
    deleteConfirm: 'Delete permanently',
    deleteText: (item: string, diagnosis: string) =>
      `${item}: ${diagnosis}. The figures are computed without it within a minute; an earlier diagnosis of the same case counts again. This cannot be undone.`,
    deleteFailed: 'The confirmed diagnosis was not deleted.',
    case: 'Case',
    day: 'Day',
    record: (time: string) => `Record of ${time}`,
    row: (row: number, time: string) => `Row ${formatCount(row)}, batch of ${time}`,
    undecided: (name: string) => `Undecided, favours ${name}`,
  },
};
