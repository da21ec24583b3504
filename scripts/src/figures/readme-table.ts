import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ratio, ratioText } from '../bench/statistics';
import { type Figures, type PartFigures, readFigures } from './figures-file';

export const README = join(__dirname, '../../../README.md');
const START = '<!-- speed: npm run bench-table -->';
const END = '<!-- /speed -->';

interface Timed {
  readonly wall_seconds: number;
  readonly ratio?: Ratio;
  readonly versions?: Readonly<Record<string, string>>;
}
interface BatchFigures {
  readonly rows: number;
  readonly service: Readonly<
    Record<
      string,
      Timed & {
        first_batch_seconds: number;
        peak_mib: { together: number };
        ratio: Readonly<Record<string, Ratio | null>>;
      }
    >
  >;
  readonly peers: Readonly<Record<string, (Timed & { peak_mib: number }) | null>>;
}
interface SingleFigures {
  readonly wait_ms: { readonly p50: number };
  readonly accepted_per_second: number;
  readonly finished_per_second: number;
  readonly clients?: number;
  readonly peers?: Readonly<
    Record<string, SingleFigures & { ratio: Readonly<Record<'accepted' | 'finished', Ratio>> }>
  >;
}
interface ExplainFigures extends Timed {
  readonly rows: number;
  readonly peers: { readonly shapley_numpy: Timed | null };
}

/** The configuration that the ratios refer to: that of `npm start` on two cores. */
const CONFIGURATION = '1 worker, 2 threads';
const PEERS: Readonly<Record<string, string>> = {
  polars_faiss: 'polars and faiss',
  pandas_sklearn_tuned: 'pandas and scikit-learn, tuned',
  pandas_sklearn_obvious: 'pandas and scikit-learn, untuned',
  plain_node:
    'two plain Node.js processes with the same evidence and a synced file for each request and result; no checks, limits, logs or recovery',
  flask_sklearn: 'gunicorn, Flask and scikit-learn; stores nothing',
  celery_sklearn: 'Flask, Celery on Redis and scikit-learn; stores request and result durably',
};

/** Replaces the tables between the markers by those of the figures. Parts that were not measured have none. */
export function replaceTables(page: string, figures: Figures): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`the page has no ${START} … ${END}`);
  const tables = [batchTable(figures['batch']), singleTable(figures['single']), explainTable(figures['explain'])];
  const text = tables.filter((table) => table !== undefined).join('\n\n');
  return `${page.slice(0, start + START.length)}\n\n${text}\n\n${page.slice(end)}`;
}

export function writeReadmeTables(): void {
  writeFileSync(README, replaceTables(readFileSync(README, 'utf8'), readFigures()));
}

function batchTable(part: PartFigures | undefined): string | undefined {
  if (part === undefined) return undefined;
  const { rows, service, peers } = part.figures as BatchFigures;
  const ratios: Readonly<Record<string, Ratio | null>> = service[CONFIGURATION]?.ratio ?? {};
  const table = [
    ...Object.entries(service).map(([name, { wall_seconds, first_batch_seconds, peak_mib }]) => [
      `Cytoqueue, ${name}`,
      wall_seconds,
      first_batch_seconds,
      peak_mib.together,
      '',
    ]),
    ...Object.entries(peers).map(([name, peer]) =>
      peer === null
        ? [nameOf(name), 'not measured', '', '', '']
        : [nameOf(name, peer.versions), peer.wall_seconds, '', peer.peak_mib, timesAsFast(ratios[name])],
    ),
  ];
  const head = [
    `${inEnglish(rows)} rows of CSV`,
    'seconds',
    'seconds of the first batch after the start',
    'peak memory, MiB',
    `Cytoqueue (${CONFIGURATION}) is … times as fast`,
  ];
  return `${toTable(head, table)}\n\n${measuredOn(part)}`;
}

function singleTable(part: PartFigures | undefined): string | undefined {
  if (part === undefined) return undefined;
  const { clients, peers = {}, ...service } = part.figures as SingleFigures;
  const cells = (name: string, { wait_ms, accepted_per_second, finished_per_second }: SingleFigures, ratio = '') => [
    name,
    accepted_per_second,
    finished_per_second,
    wait_ms.p50,
    ratio,
  ];
  const table = [
    cells('Cytoqueue', service),
    ...Object.entries(peers).map(([name, peer]) => cells(nameOf(name), peer, timesAsFast(peer.ratio.finished))),
  ];
  const head = [
    'single records',
    'accepted/s',
    'finished/s',
    'median ms, one client',
    'Cytoqueue finishes … times as many',
  ];
  return `${toTable(head, table)}\n\nRates of ${clients} clients. ${measuredOn(part)}`;
}

function explainTable(part: PartFigures | undefined): string | undefined {
  if (part === undefined) return undefined;
  const { rows, wall_seconds, peers } = part.figures as ExplainFigures;
  const peer = peers.shapley_numpy;
  const table = [
    ['Cytoqueue, upload to download', wall_seconds, ''],
    peer === null
      ? ['exact Shapley values in NumPy', 'not measured', '']
      : [nameWith('exact Shapley values in NumPy', peer.versions), peer.wall_seconds, timesAsFast(peer.ratio)],
  ];
  const head = [`${inEnglish(rows)} rows with evidence`, 'seconds', 'Cytoqueue is … times as fast'];
  return `${toTable(head, table)}\n\n${measuredOn(part)}`;
}

function nameOf(name: string, versions?: Timed['versions']): string {
  return nameWith(PEERS[name] ?? name, versions);
}

function nameWith(name: string, versions: Timed['versions'] = {}): string {
  const list = Object.entries(versions)
    .filter(([, version]) => /^\d/.test(version))
    .map((entry) => entry.join(' '));
  return list.length === 0 ? name : `${name} (${list.join(', ')})`;
}

function timesAsFast(ratio: Ratio | null | undefined): string {
  return ratio === null || ratio === undefined ? '' : ratioText(ratio);
}

function measuredOn({ measured_on, machine: { cores, cpu, service_node } }: PartFigures): string {
  return `Measured on ${measured_on} with ${cores} cores (${cpu}) and Node.js ${service_node}.`;
}

function inEnglish(count: number): string {
  return count.toLocaleString('en');
}

function toTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`.replaceAll(/ {2,}\|/g, ' |');
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
