import type { LoadedModel } from '@cytoqueue/registry';
import type { ShardTask } from './shard-task';

/** Compiled code is a thread's own: so many rows make it what it is after many. */
const WARM_UP_ROWS = 12_000;
const MISSING_TOKEN = '?';

/** A shard like a lab's, of the model's own training rows. */
export function createWarmUpTask({ model, bytes }: LoadedModel): ShardTask {
  const { features } = model.schema;
  const lines = trainingLines(model.training);
  const text = Array.from({ length: WARM_UP_ROWS }, (_, row) => `${row},${lines[row % lines.length]},x\n`).join('');
  return {
    bytes: Buffer.from(text),
    firstRow: 1,
    dialect: { delimiter: ',', lineEnd: '\n', bom: false },
    columns: ['id', ...features.map(({ name }) => name), 'note'],
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
