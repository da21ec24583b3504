import { type DriftJudge, type Model, driftJudgeOf } from '@cytoqueue/classifier';
import type { ScoredDay } from '@cytoqueue/records';
import { type ModelRegistry, ignoreMissingModel } from '@cytoqueue/registry';
import type { ObjectStore } from '@cytoqueue/storage';
import type { DriftReport } from './openapi';
import type { Period } from './period';
import { HISTOGRAM_RETENTION_DAYS, listScoredDays, readScoredDays } from './read-days';

const DAY_MS = 24 * 60 * 60_000;
/** Fewer records might be recognised. */
const MIN_BIN_RECORDS = 20;

interface Counts {
  records: number;
  values: Uint32Array;
}

/** @param charge takes the number of documents that are read */
export async function readDrift(
  { store, registry }: { store: ObjectStore; registry: ModelRegistry },
  tenant: string,
  { fromMs, toMs, includes }: Period,
  charge: (documents: number) => void,
  nowMs = Date.now(),
): Promise<DriftReport> {
  const firstMs = Math.max(fromMs, nowMs - (HISTOGRAM_RETENTION_DAYS + 1) * DAY_MS);
  const stored = (await listScoredDays(store, tenant)).filter(({ day }) => {
    const dayMs = Date.parse(day);
    return dayMs >= firstMs && dayMs < toMs;
  });
  charge(stored.length);
  const days = await readScoredDays(store, stored);
  const report: DriftReport = { data: [], histograms: {} };
  const models = new Set(days.flatMap(({ histograms }) => Object.keys(histograms)));
  for (const reference of [...models].filter(includes).sort()) {
    const model = await findModel(registry, tenant, reference);
    // A version that was deleted has no training data to compare with.
    if (model === undefined) continue;
    const judge = driftJudgeOf(model);
    const weeks = new Map<string, Counts>();
    const total = new Uint32Array(judge.bins.featureCount * judge.bins.binsPerFeature);
    for (const day of days) {
      const name = isoWeek(Date.parse(day.day));
      const week = weeks.get(name) ?? { records: 0, values: new Uint32Array(total.length) };
      if (addDay(day, reference, week)) weeks.set(name, week);
    }
    for (const [week, { records, values }] of weeks) {
      values.forEach((count, bin) => add(total, bin, count));
      const { verdict, columns } = judge.judge(values);
      report.data.push({ week, model: reference, records, verdict, columns: [...columns] });
    }
    report.histograms[reference] = toHistograms(model, judge, total);
  }
  report.data.sort((a, b) => (`${a.week} ${a.model}` < `${b.week} ${b.model}` ? -1 : 1));
  return report;
}

/** @returns whether the day has any of the model */
function addDay({ answers, histograms }: ScoredDay, reference: string, week: Counts): boolean {
  const counts = histograms[reference];
  if (counts === undefined) return false;
  for (const [, model, , confident, indeterminate] of answers)
    if (model === reference) week.records += confident + indeterminate;
  for (const [bin, count] of counts) add(week.values, bin, count);
  return true;
}

/** Ignores bins that the model does not have: shards of other releases may be counted in others. */
function add(counts: Uint32Array, bin: number, count: number): void {
  const known = counts[bin];
  if (known !== undefined) counts[bin] = known + count;
}

async function findModel(registry: ModelRegistry, tenant: string, reference: string): Promise<Model | undefined> {
  return (await registry.load(reference, tenant).catch(ignoreMissingModel))?.model;
}

function toHistograms({ schema }: Model, { bins }: DriftJudge, counts: Uint32Array): DriftReport['histograms'][string] {
  return Object.fromEntries(
    schema.features.map(({ name }, feature) => [
      name,
      Array.from(counts.subarray(feature * bins.binsPerFeature, (feature + 1) * bins.binsPerFeature), (count, bin) => ({
        ...limitsOf(bins, bin, feature),
        count,
      })).filter(({ count }) => count >= MIN_BIN_RECORDS),
    ]),
  );
}

function limitsOf(bins: DriftJudge['bins'], bin: number, feature: number): { from: number | null; to: number | null } {
  if (bin === 0) return { from: null, to: null };
  if (bins.areNumbers) return { from: bins.valueOf(bin - 0.5, feature), to: bins.valueOf(bin + 0.5, feature) };
  // The last bin counts tenfolds of grades.
  return bin > bins.measuredBins ? { from: 20, to: 100 } : { from: bin, to: bin };
}

/** The ISO 8601 week of a UTC day: the week of its Thursday. */
export function isoWeek(dayMs: number): string {
  const thursdayMs = dayMs + (3 - ((new Date(dayMs).getUTCDay() + 6) % 7)) * DAY_MS;
  const year = new Date(thursdayMs).getUTCFullYear();
  const week = 1 + Math.floor((thursdayMs - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
  return `${year}-W${String(week).padStart(2, '0')}`;
}
