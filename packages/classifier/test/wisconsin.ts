import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wbc } from '@cytoqueue/schema';
import type { FitOptions, LabelledSample } from '@cytoqueue/training';

const bytes = readFileSync(join(__dirname, '../../schema/data/wisconsin-original.csv'));

/** Every data row of the Original file: plain cells, no quotes. */
const rows = bytes
  .toString()
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(','));

/** The 683 complete rows, read without the code under test. */
export const completeRows: LabelledSample[] = rows.flatMap((cells, index) => {
  if (cells.includes('')) return [];
  const sample = cells.slice(1, 10).map(Number);
  return [{ trainingRow: index + 1, id: cells[0], sample, label: cells[10] === '4' ? 1 : 0 }];
});

export const defaultOptions: FitOptions = {
  name: 'wbc-knn',
  version: '1.0.0',
  schema: wbc,
  metric: 'bray-curtis',
  rule: 'class-ratio',
  k: 5,
  dataDigest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  limitsOfUse: ['for tests'],
};

export const baselineOptions: FitOptions = {
  ...defaultOptions,
  name: 'wbc-knn-euclidean',
  metric: 'euclidean',
  rule: 'votes',
};

export function shippedModel(name: string, version = '1.0.0'): Uint8Array {
  return readFileSync(join(__dirname, '../../registry/models', name, `${version}.json`));
}
