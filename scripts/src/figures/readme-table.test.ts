import { readFileSync } from 'node:fs';
import { readFigures } from './figures-file';
import { README, replaceTables } from './readme-table';

const page = readFileSync(README, 'utf8');

test('the tables of README.md are those of the committed figures (npm run bench-table)', () => {
  expect(replaceTables(page, readFigures())).toBe(page);
});

test('tables show ratios with their spread, and peers that were absent', () => {
  const machine = { cores: 2, cpu: 'X', service_node: 'v24.0.0' };
  const ratio = { median: 3, min: 2.5, max: 3.25 };
  const service = { wait_ms: { p50: 9 }, accepted_per_second: 600, finished_per_second: 300 };
  const run = { wall_seconds: 2, first_batch_seconds: 3, peak_mib: { together: 300 } };
  const tables = replaceTables(page, {
    batch: {
      measured_on: '2026-01-02',
      machine,
      figures: {
        rows: 1_000,
        service: {
          '1 worker, 1 thread': { ...run, ratio: {} },
          '1 worker, 2 threads': { ...run, wall_seconds: 1, ratio: { pandas_sklearn_tuned: ratio } },
        },
        peers: { pandas_sklearn_tuned: { wall_seconds: 4, peak_mib: 100 }, polars_faiss: null },
      },
    },
    single: {
      measured_on: '2026-01-02',
      machine,
      figures: {
        ...service,
        clients: 32,
        peers: {
          celery_sklearn: { ...service, finished_per_second: 100, ratio: { accepted: ratio, finished: ratio } },
        },
      },
    },
    explain: {
      measured_on: '2026-01-02',
      machine,
      figures: { rows: 10_000, wall_seconds: 5, peers: { shapley_numpy: null } },
    },
  });
  expect(tables).toContain('| Cytoqueue | 600 | 300 | 9 | |');
  expect(tables).toContain('durably | 600 | 100 | 9 | 3 (2.5 to 3.25) |');
  expect(tables).toContain('| exact Shapley values in NumPy | not measured | |');
  expect(tables).toContain('Rates of 32 clients. Measured on 2026-01-02 with 2 cores (X) and Node.js v24.0.0.');
  expect(tables).toContain('| Cytoqueue, 1 worker, 2 threads | 1 | 3 | 300 | |');
  expect(tables).toContain('| pandas and scikit-learn, tuned | 4 | | 100 | 3 (2.5 to 3.25) |');
  expect(tables).toContain('| polars and faiss | not measured | | | |');
  expect(replaceTables(page, {})).not.toContain('rows of CSV');
});
