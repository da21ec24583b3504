import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../bench/machine';

/** The figures that README.md shows; `npm run bench` writes them. */
const FIGURES_FILE = join(__dirname, '../../bench/bench.json');

/** Measurements of one part of the benchmark, with day and machine. */
export interface PartFigures {
  readonly measured_on: string;
  readonly machine: Partial<Machine>;
  readonly figures: unknown;
}
export type Figures = Readonly<Record<string, PartFigures>>;

export function readFigures(): Figures {
  return JSON.parse(readFileSync(FIGURES_FILE, 'utf8')) as Figures;
}

/** Replaces the figures of the measured parts and keeps those of the others. */
export function writeFigures(measured: Readonly<Record<string, unknown>>, machine: Machine): void {
  const measured_on = new Date().toISOString().slice(0, 10);
  const parts = Object.entries(measured).map(([part, figures]) => [part, { measured_on, machine, figures }]);
  const all = { ...readFigures(), ...(Object.fromEntries(parts) as Figures) };
  writeFileSync(FIGURES_FILE, `${JSON.stringify(all, null, 2)}\n`);
}
