import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { ROOT } from './stack-process';

/** The bundled Wisconsin file. */
export const WISCONSIN = readFileSync(join(ROOT, 'packages/schema/data/wisconsin-original.csv'));

/** The same rows with another lab's column names and `?` for a missing value. */
export function wisconsinOfAnotherLab(): string {
  const [, ...rows] = WISCONSIN.toString().trimEnd().split('\n');
  const header = 'ID,Clump,UnifSize,UnifShape,MargAdh,SingEpiSize,BareNuc,BlandChrom,NormNucl,Mit,Class';
  return [header, ...rows.map((row) => row.replace(/,,/, ',?,'))].join('\n') + '\n';
}

export const BENIGN_RECORD = {
  clump_thickness: 5,
  uniformity_of_cell_size: 1,
  uniformity_of_cell_shape: 1,
  marginal_adhesion: 1,
  single_epithelial_cell_size: 2,
  bare_nuclei: 1,
  bland_chromatin: 3,
  normal_nucleoli: 1,
  mitoses: 1,
};

/** Rows of a CSV file by column name, as an independent reader sees them. */
export function readCsv(text: string, delimiter = ','): Record<string, string>[] {
  return parse(text, { columns: true, delimiter, bom: true }) as Record<string, string>[];
}
