import type { LoadedModel } from '@cytoqueue/registry';
import type { ShardTask } from './shard-task';

/** Each thread compiles its own code; after this many rows it is as optimized as in a long run. */
const WARM_UP_ROWS = 12_000;
const MISSING_TOKEN = '?';

/** Creates a realistic shard from the model's own training rows. */
export function createWarmUpTask({ model, bytes }: LoadedModel): ShardTask {
  const { features, labelColumns, labelTokens } = model.schema;
  const classes = labelTokens.map(([first = '']) => first);
  const lines = trainingLines(model.training);
  const text = Array.from(
    { length: WARM_UP_ROWS },
    (_, row) => `${row},${lines[row % lines.length]},${classes[row % 2]}\n`,
  ).join('');
  return {
    bytes: Buffer.from(text),
    firstRow: 1,
    dialect: { delimiter: ',', lineEnd: '\n', bom: false },
    columns: ['id', ...features.map(({ name }) => name), labelColumns[0] ?? 'note'],
    options: { formulas: 'escape', operating_point: 'default', missing: 'partial', explain: false },
    model: { digest: model.digest, bytes },
  };
}

function trainingLines({ samples, rows, featureCount }: LoadedModel['model']['training']): string[] {
  return Array.from({ length: rows }, (_, row) => {
    const sample = Array.from(samples.subarray(row * featureCount, (row + 1) * featureCount));
    return sample.map((value) => (Number.isNaN(value) ? MISSING_TOKEN : String(value))).join(',');
  });
}
