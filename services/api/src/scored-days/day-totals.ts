import type { ModelPin, OperatingPointName, ScoredDay, ScoredRecords } from '@cytoqueue/records';
import { toSecond } from './period';

/** Adds up what was scored of one day; the order of additions makes no difference. */
export class DayTotals {
  private readonly answers = new Map<string, ScoredRecords>();
  private readonly histograms = new Map<string, Map<number, number>>();

  constructor({ answers, histograms }: Pick<ScoredDay, 'answers' | 'histograms'>) {
    for (const records of answers) this.addRecords(records);
    for (const [model, counts] of Object.entries(histograms)) this.histograms.set(model, new Map(counts));
  }

  addAnswers(
    { created_at, model }: { created_at: string; model: ModelPin },
    operatingPoint: OperatingPointName,
    { succeeded, indeterminate }: { succeeded: number; indeterminate: number },
  ): void {
    if (succeeded === 0) return;
    this.addRecords([
      Date.parse(created_at),
      `${model.name}@${model.version}`,
      operatingPoint,
      succeeded - indeterminate,
      indeterminate,
    ]);
  }

  /** By second: a document has at most 4 MB for each version and operating point, however many records a day has. */
  private addRecords([acceptedMs, model, operatingPoint, confident, indeterminate]: ScoredRecords): void {
    const second = toSecond(acceptedMs);
    const name = `${second} ${model} ${operatingPoint}`;
    const known = this.answers.get(name);
    if (known === undefined)
      return void this.answers.set(name, [second, model, operatingPoint, confident, indeterminate]);
    known[3] += confident;
    known[4] += indeterminate;
  }

  addValue({ name, version }: ModelPin, bin: number, count: number): void {
    const model = `${name}@${version}`;
    let counts = this.histograms.get(model);
    if (counts === undefined) this.histograms.set(model, (counts = new Map()));
    counts.set(bin, (counts.get(bin) ?? 0) + count);
  }

  toDocument(): Pick<ScoredDay, 'answers' | 'histograms'> {
    // Times in ms have 13 digits until 2286, so the names of answers sort by time.
    const byName = <T>(entries: Iterable<[string, T]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      answers: byName(this.answers).map(([, records]) => records),
      histograms: Object.fromEntries(
        byName(this.histograms).map(([model, counts]) => [model, [...counts].sort(([a], [b]) => a - b)]),
      ),
    };
  }
}
