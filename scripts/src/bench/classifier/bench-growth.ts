import { Classifier, type Model, type ModelFile, parseModel, serializeModel } from '@cytoqueue/classifier';
import { createSchema } from '@cytoqueue/schema';
import { median } from '../statistics';
import { checkPredictions } from './check-predictions';
import { timeClassifier } from './competitors';
import { shippedModel } from './models';
import type { PythonCompetitors } from './python-competitors';
import { createRandom, drawQueries } from './queries';

const SIZES = [683, 10_000, 100_000, 1_000_000];
/** Approximate number of distances per measurement. */
const DISTANCES_PER_MEASUREMENT = 2e8;

/** Measures how cost grows with the training rows, with the baseline's rule, to show where a tree or an index pays. */
export async function benchGrowth(competitors: PythonCompetitors): Promise<void> {
  const shipped = shippedModel('wbc-knn-euclidean');
  console.log(`\nµs of CPU a query by training rows (${shipped.name}, synthetic rows like the training file's)`);
  for (const rows of SIZES) {
    const model = rows === shipped.training.rows ? shipped : grow(shipped, rows);
    const queries = drawQueries(
      model,
      Math.max(50, Math.min(20_000, Math.floor(DISTANCES_PER_MEASUREMENT / rows))),
      createRandom(2),
    );
    const queryCount = queries.length / model.training.featureCount;
    const classifier = new Classifier(model);
    const ours = timeClassifier(classifier, queries);
    ours(queryCount);
    const figures = [`${classifier.routingCounts.kernel} ${microseconds(ours(queryCount), queryCount)}`];
    const descriptions = await competitors.load(model, queries, { trees: true });
    for (const peer of Object.keys(descriptions).filter((name) => descriptions[name] !== null)) {
      figures.push(`${peer} ${microseconds(await competitors.cpuSeconds(peer, queryCount), queryCount)}`);
    }
    console.log(`  ${rows.toLocaleString('en').padStart(9)}  ${figures.join('  ')}`);
  }
}

const MEASURED_SHAPES = [
  [10_000, 30],
  [10_000, 64],
  [100_000, 30],
  [100_000, 64],
] as const;
/** The reference and Python hold every distance of the checked rows. */
const CHECKED_ROWS = 20;
const ROUNDS = 5;

/** Measures own models of many measured rows, in turn with the peers, after checking the answers. */
export async function benchMeasurements(competitors: PythonCompetitors): Promise<void> {
  console.log('\nµs of CPU a query, own models of synthetic measurements; peer ÷ kernel, median and range');
  for (const [rows, features] of MEASURED_SHAPES) {
    const model = measuredModel(rows, features);
    const queries = drawQueries(model, Math.floor(DISTANCES_PER_MEASUREMENT / rows / 4), createRandom(2));
    const queryCount = queries.length / features;
    const descriptions = await competitors.load(model, queries);
    const present = Object.keys(descriptions).filter((name) => descriptions[name] !== null);
    console.log(`  ${rows.toLocaleString('en')} × ${features}`);
    await checkPredictions(new Classifier(model), queries, present, competitors, CHECKED_ROWS);
    const ours = timeClassifier(new Classifier(model), queries);
    ours(queryCount);
    const rounds: Record<string, number>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const seconds: Record<string, number> = { kernel: ours(queryCount) };
      for (const peer of present) seconds[peer] = await competitors.cpuSeconds(peer, queryCount);
      rounds.push(seconds);
    }
    const of = (name: string) => rounds.map((seconds) => seconds[name] ?? NaN);
    const figures = ['kernel', ...present].map((name) => {
      const ratios = rounds.map((seconds) => (seconds[name] ?? NaN) / (seconds['kernel'] ?? NaN));
      const range = `${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`;
      const ratio = name === 'kernel' ? '' : ` (${median(ratios).toFixed(1)}; ${range})`;
      return `${name} ${microseconds(median(of(name)), queryCount)}${ratio}`;
    });
    console.log(`  ${figures.join('  ')}`);
  }
}

/** A model of two overlapping classes with the method that trainings use for measurements. */
function measuredModel(rows: number, features: number): Model {
  const schema = createSchema({
    title: 'Measurements',
    labels: ['negative', 'positive'],
    positive: 'positive',
    features: Array.from({ length: features }, (_, feature) => ({
      name: `f${feature}`,
      type: 'real',
      min: 0,
      max: 100,
    })),
  });
  const random = createRandom(4);
  const labels = Array.from({ length: rows }, () => (random() < 0.35 ? 1 : 0) as 0 | 1);
  const noise = () => 20 * (random() + random() + random() - 1.5);
  const samples = labels.flatMap((label) =>
    Array.from({ length: features }, (_, feature) => 50 + noise() + (feature < 5 ? 6 * label : 0)),
  );
  const scores = (of: number) => labels.filter((label) => label === of).map((_, rank) => rank / rows);
  const { digest: _, ...shipped } = shippedModel('wdbc-knn').file;
  return parseModel(
    serializeModel({
      ...shipped,
      format_version: 3,
      name: 'own/measurements',
      version: '1',
      schema: schema.definition!,
      labels: schema.labels,
      features: schema.features.map(({ name }) => name),
      scaling: { center: Array(features).fill(50), scale: Array(features).fill(10) },
      conformal: { benign: scores(0), malignant: scores(1) },
      training: { data_digest: '', rows: labels.map((__, row) => row + 1), labels, samples },
      novelty: undefined,
      drift: undefined,
    } as Omit<ModelFile, 'digest'>),
  );
}

function microseconds(seconds: number, rows: number): string {
  return ((seconds * 1e6) / rows).toPrecision(3);
}

function grow(model: Model, rows: number): Model {
  const random = createRandom(3);
  const samples = Array.from(drawQueries(model, rows, random));
  const labels = Array.from({ length: rows }, () => (random() < 0.35 ? 1 : 0) as 0 | 1);
  const training: ModelFile['training'] = { data_digest: '', rows: labels.map((_, row) => row + 1), labels, samples };
  return parseModel(serializeModel({ ...model.file, training }));
}
