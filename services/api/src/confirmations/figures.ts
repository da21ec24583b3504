import { type ConfirmationDocument, type ScoredRecords, positiveClassOf, probabilityOf } from '@cytoqueue/records';
import type { Period } from '../scored-days/period';
import { meanInterval, wilsonInterval } from './intervals';
import type { PerformanceEntry } from './openapi';

const BINS = 10;
const OUTCOMES = ['all', 'confident', 'indeterminate'] as const;

interface Group {
  model: string;
  operatingPoint: string;
  predicted: { confident: number; indeterminate: number };
  confirmed: ConfirmationDocument[];
}

/**
 * The figures of each model version and operating point. Of the entries for one target the last one accepted counts.
 * A function of the entries alone: their order makes no difference, also not to the last digit.
 */
export function computeFigures(
  confirmations: readonly ConfirmationDocument[],
  scored: readonly ScoredRecords[],
  period: Period,
): PerformanceEntry[] {
  const groups = new Map<string, Group>();
  const groupOf = (model: string, operatingPoint: string): Group => {
    const name = `${model} ${operatingPoint}`;
    const group = groups.get(name) ?? {
      model,
      operatingPoint,
      predicted: { confident: 0, indeterminate: 0 },
      confirmed: [],
    };
    groups.set(name, group);
    return group;
  };
  const isAsked = (acceptedMs: number, model: string): boolean =>
    acceptedMs >= period.fromMs && acceptedMs < period.toMs && period.includes(model);
  for (const [acceptedMs, model, operatingPoint, confident, indeterminate] of scored) {
    if (!isAsked(acceptedMs, model)) continue;
    const group = groupOf(model, operatingPoint);
    group.predicted.confident += confident;
    group.predicted.indeterminate += indeterminate;
  }
  for (const entry of latestOfEachTarget(confirmations))
    if (isAsked(Date.parse(entry.predicted_at), entry.model))
      groupOf(entry.model, entry.operating_point).confirmed.push(entry);
  return [...groups.keys()].sort().flatMap((name) => toEntries(groups.get(name) as Group));
}

function latestOfEachTarget(confirmations: readonly ConfirmationDocument[]): ConfirmationDocument[] {
  const latest = new Map<string, ConfirmationDocument>();
  for (const entry of confirmations) {
    const known = latest.get(entry.target);
    if (known === undefined || known.id < entry.id) latest.set(entry.target, entry);
  }
  // Sums of fractions depend on their order.
  return [...latest.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
}

function toEntries({ model, operatingPoint, predicted, confirmed }: Group): PerformanceEntry[] {
  return OUTCOMES.map((outcome) => {
    const entries = outcome === 'all' ? confirmed : confirmed.filter((entry) => entry.outcome === outcome);
    return {
      model,
      operating_point: operatingPoint as PerformanceEntry['operating_point'],
      outcome,
      // Records that were deleted before they were counted may be confirmed.
      predicted: Math.max(
        entries.length,
        outcome === 'all' ? predicted.confident + predicted.indeterminate : predicted[outcome],
      ),
      confirmed: entries.length,
      ...toRates(entries),
      brier: toBrier(entries),
      calibration: toCalibration(entries),
    };
  });
}

type Entries = readonly ConfirmationDocument[];

function isPositive(entry: ConfirmationDocument): boolean {
  return entry.confirmed_class === positiveClassOf(entry);
}

function isPositivePrediction(entry: ConfirmationDocument): boolean {
  return entry.predicted_class === positiveClassOf(entry);
}

function toRates(entries: Entries) {
  const count = (confirmed: boolean, predicted: boolean): number =>
    entries.filter((entry) => isPositive(entry) === confirmed && isPositivePrediction(entry) === predicted).length;
  const [true_positive, false_negative] = [count(true, true), count(true, false)];
  const [true_negative, false_positive] = [count(false, false), count(false, true)];
  return {
    true_positive,
    false_negative,
    true_negative,
    false_positive,
    sensitivity: wilsonInterval(true_positive, true_positive + false_negative),
    specificity: wilsonInterval(true_negative, true_negative + false_positive),
  };
}

function toBrier(entries: Entries): PerformanceEntry['brier'] {
  const errors = entries.map((entry) => (probabilityOf(entry) - (isPositive(entry) ? 1 : 0)) ** 2);
  return meanInterval(sum(errors), sum(errors.map((error) => error * error)), errors.length);
}

function toCalibration(entries: Entries): PerformanceEntry['calibration'] {
  return Array.from({ length: BINS }, (_, bin) => {
    const inBin = entries.filter((entry) => Math.min(BINS - 1, Math.floor(probabilityOf(entry) * BINS)) === bin);
    const positive = inBin.filter(isPositive).length;
    return {
      from: bin / BINS,
      to: (bin + 1) / BINS,
      count: inBin.length,
      mean_probability: inBin.length === 0 ? null : sum(inBin.map(probabilityOf)) / inBin.length,
      observed: wilsonInterval(positive, inBin.length),
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
