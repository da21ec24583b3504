import { createRandom, serializeModel } from '@cytoqueue/classifier';
import { createSchema, type SchemaDefinition } from '@cytoqueue/schema';
import { fit, type LabelledSample } from '@cytoqueue/training';

const ROWS = 240;

/** Seven real features, one of them below zero, and classes that are neither benign nor malignant. */
const thyroidDefinition: SchemaDefinition = {
  title: 'Thyroid function',
  labels: ['euthyroid', 'relapsed'],
  positive: 'relapsed',
  label_values: [['0'], ['1']],
  label_columns: ['Verlauf'],
  id_columns: ['Fallnummer'],
  features: [
    { name: 'tsh', title: 'TSH', type: 'real', min: 0, max: 200, unit: 'mU/L', low: 'suppressed', high: 'raised' },
    { name: 'free_t4', type: 'real', min: 0, max: 100, unit: 'pmol/L', aliases: ['fT4'] },
    { name: 'free_t3', type: 'real', min: 0, max: 50, unit: 'pmol/L', aliases: ['fT3'] },
    { name: 'antibodies', type: 'real', min: 0, max: 1000, unit: 'U/L', aliases: ['TRAb'] },
    { name: 'volume', type: 'real', min: 0, max: 300, unit: 'mL' },
    { name: 'nodule', type: 'real', min: 0, max: 100, unit: 'mm' },
    { name: 'trend', type: 'real', min: -10, max: 10 },
  ],
};

export const thyroidSchema = createSchema(thyroidDefinition);

/** Two overlapping classes, the same ones at every call. */
export function thyroidRows(rows = ROWS, seed = 5): LabelledSample[] {
  const random = createRandom(seed);
  const noise = () => random() + random() + random() - 1.5;
  return Array.from({ length: rows }, (_, row) => {
    const label = row % 3 === 0 ? 1 : 0;
    const values = [2 + label, 15 + 3 * label, 5 + label, 40 + 30 * label, 20 + 5 * label, 8 + 2 * label, label - 0.5];
    const sample = values.map((center, i) => round(center + noise() * (i === 6 ? 1 : center * 0.5)));
    return { trainingRow: row + 1, id: `case-${Math.floor(row / 2)}`, sample, label };
  });
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** A labelled file with a foreign header. */
export function thyroidCsv(rows: readonly LabelledSample[]): string {
  const header = 'Fallnummer;TSH;fT4;fT3;TRAb;Volume;Nodule;Trend;Verlauf';
  const lines = rows.map(({ id, sample, label }) => [id, ...Array.from(sample), label].join(';'));
  return [header, ...lines, ''].join('\n');
}

export function thyroidModel(name = 'thyroid-knn', version = '1.0.0'): Uint8Array {
  return serializeModel(
    fit(thyroidRows(), {
      name,
      version,
      schema: thyroidSchema,
      metric: 'euclidean',
      rule: 'class-ratio',
      k: 5,
      scaling: 'z-score',
      dataDigest: `sha256:${'0'.repeat(64)}`,
      limitsOfUse: ['for tests'],
    }),
  );
}
