import { Classifier, type Model } from '@cytoqueue/classifier';
import { checkPredictions } from './check-predictions';
import { type Competitor, createCompetitors } from './competitors';
import type { PythonCompetitors } from './python-competitors';
import { median, rounded } from '../statistics';
import { drawQueries } from './queries';

export interface ModelMeasurements {
  readonly rows_per_cpu_second: number;
  /** Our speed divided by the competitor's, median over rounds; null for an unavailable one. */
  readonly ratio: Readonly<Record<'ml_knn' | 'sklearn_brute' | 'faiss', number | null>>;
}

const QUERIES = 20_000;
const ROUNDS = 7;
/** Approximate duration of one turn; the number of rows follows from it. */
const TIMESLICE_SECONDS = 0.25;

/** Checks the results first, then measures all competitors in turn, round by round, under the same load. */
export async function benchModel(model: Model, pythonCompetitors: PythonCompetitors): Promise<ModelMeasurements> {
  const queries = drawQueries(model, QUERIES);
  const descriptions = await pythonCompetitors.load(model, queries);
  const present = Object.keys(descriptions).filter((name) => descriptions[name] !== null);
  console.log(
    `\n${model.ref}: ${model.training.rows} × ${model.training.featureCount}, ${model.file.metric}, ${model.file.rule}, k = ${model.file.k}`,
  );
  await checkPredictions(new Classifier(model), queries, present, pythonCompetitors);
  const competitors = createCompetitors(model, queries, present, pythonCompetitors);
  const rates = await measureRounds(competitors);
  report(competitors, rates, descriptions);
  const ratioTo = (name: string) => (rates.has(name) ? rounded(medianRatio(rates, name)) : null);
  return {
    rows_per_cpu_second: Math.round(median(rates.get('kernel') ?? [])),
    ratio: { ml_knn: ratioTo('ml_knn'), sklearn_brute: ratioTo('sklearn_brute'), faiss: ratioTo('faiss') },
  };
}

type Rates = ReadonlyMap<string, readonly number[]>;

async function measureRounds(competitors: readonly Competitor[]): Promise<Rates> {
  const rates = new Map<string, number[]>(competitors.map(({ name }) => [name, []]));
  const rows = new Map<Competitor, number>();
  for (const competitor of competitors) rows.set(competitor, await rowsPerTimeslice(competitor));
  for (let turn = 0; turn < ROUNDS; turn++) {
    for (const competitor of competitors) {
      const count = rows.get(competitor) ?? 0;
      rates.get(competitor.name)?.push(count / (await competitor.cpuSeconds(count)));
    }
  }
  return rates;
}

/** Doubles the rows until they fill a tenth of a turn; also warms up. */
async function rowsPerTimeslice({ cpuSeconds }: Competitor): Promise<number> {
  for (let rows = 128; ; rows *= 2) {
    const seconds = await cpuSeconds(rows);
    if (seconds > TIMESLICE_SECONDS / 10) return Math.ceil((rows * TIMESLICE_SECONDS) / seconds);
  }
}

function report(competitors: readonly Competitor[], rates: Rates, descriptions: Record<string, object | null>): void {
  console.log(`  ${'rows/CPU s'.padStart(36)}  kernel ÷ this`);
  for (const { name } of competitors) {
    const what = descriptions[name] === undefined ? '' : Object.values(descriptions[name] ?? {}).join(', ');
    const rate = Math.round(median(rates.get(name) ?? [])).toLocaleString('en');
    console.log(`  ${name.padEnd(18)}${rate.padStart(18)}${medianRatio(rates, name).toFixed(2).padStart(15)}  ${what}`);
  }
  for (const name of Object.keys(descriptions).filter((peer) => descriptions[peer] === null))
    console.log(`  ${name.padEnd(18)}${'not here'.padStart(18)}`);
}

function medianRatio(rates: Rates, name: string): number {
  const own = rates.get('kernel') ?? [];
  return median((rates.get(name) ?? []).map((rate, turn) => (own[turn] ?? NaN) / rate));
}
