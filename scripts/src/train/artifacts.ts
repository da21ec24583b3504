import { drawCharts } from '@cytoqueue/training';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeCard } from './card';
import { type TrainingReport, reportOf } from './report';
import type { Trained } from './train';

/**
 * Files of a training run by path: `{name}/{version}.json` is a model; its card, plots and evaluation are in
 * `{name}/{version}/`. The first model's evaluation contains the whole comparison.
 */
export function listArtifacts({ report, models }: Trained): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const [name, bytes] of models) {
    const { version } = reportOf(report, name);
    files.set(`${name}/${version}.json`, bytes);
    for (const [path, text] of describeModel(name, report)) files.set(`${name}/${version}/${path}`, Buffer.from(text));
  }
  return files;
}

/** Evaluation, card and plots of one model, all derived from the report. */
export function describeModel(name: string, report: TrainingReport): Map<string, string> {
  return new Map([
    ['evaluation.json', formatReport(ownReport(name, report))],
    ['card.md', writeCard(name, report)],
    ...drawCharts(name, reportOf(report, name), ['benign', 'malignant']),
  ]);
}

/** Formats JSON in short lines, so that a changed number changes one line. */
export function formatReport(report: object): string {
  const isFlat = (value: unknown) =>
    typeof value !== 'object' ||
    value === null ||
    !Object.values(value).some((part) => typeof part === 'object' && part !== null);
  const format = (value: unknown, indent: string): string => {
    if (isFlat(value)) return JSON.stringify(value);
    const inner = `${indent} `;
    if (Array.isArray(value)) return `[\n${value.map((part) => inner + format(part, inner)).join(',\n')}\n${indent}]`;
    const entries = Object.entries(value as object).map(
      ([key, part]) => `${inner}${JSON.stringify(key)}: ${format(part, inner)}`,
    );
    return `{\n${entries.join(',\n')}\n${indent}}`;
  };
  return `${format(report, '')}\n`;
}

export function writeFiles(directory: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), bytes);
  }
}

function ownReport(name: string, report: TrainingReport): TrainingReport {
  const isFirst = Object.keys(report.models)[0] === name;
  return isFirst ? report : { ...report, models: { [name]: reportOf(report, name) }, nested: [], grid: [] };
}
