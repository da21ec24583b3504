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
  const tables = replaceTables(page, {
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
  expect(tables).not.toContain('rows of CSV');
});
