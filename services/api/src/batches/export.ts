import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { changeColumns, resultColumns } from '@cytoqueue/csv';
import {
  type BatchDocument,
  type FileDigest,
  type RunFile,
  type RunFileName,
  errorColumns,
  explainColumns,
} from '@cytoqueue/records';
import { type Schema, isNamedAs, probabilityName } from '@cytoqueue/schema';
import { ObjectCorruptError } from '@cytoqueue/storage';
import { type ColumnType, RESULT_FORMATS, type ResultFormat, convertResultsInThread } from '@cytoqueue/tabular';
import type { Request, Response } from 'express';
import { logDamageAlarm } from '../http/error-handler';

export interface Export {
  file: RunFile;
  /** Size and checksum that the manifest states. */
  expected: FileDigest;
  rows: number;
  format: ResultFormat;
  /** Without its suffix. */
  name: string;
  batch: BatchDocument;
  types: ColumnType[];
}

const NUMBERS = /^(probability_|previous_probability_|shapley_)/;

/** Column types of a result file. Columns of the input stay text, so that identifiers are text in workbooks too. */
export function columnTypes(
  file: RunFileName,
  { input, options, ...batch }: BatchDocument,
  schema: Schema,
): ColumnType[] {
  const idColumn = input.canonical === undefined ? findId(input.columns, schema) : input.canonical.id;
  const added =
    file === 'results'
      ? [...resultColumns(probabilityName(schema)), ...(options.explain ? explainColumns(schema) : [])]
      : file === 'errors'
        ? errorColumns(batch)
        : changeColumns(probabilityName(schema));
  return [
    ...input.columns.map((_, column): ColumnType => (column === idColumn ? 'identifier' : 'carried')),
    ...added.map((name): ColumnType =>
      name === 'row' || name === 'line' ? 'integer' : NUMBERS.test(name) ? 'number' : 'text',
    ),
  ];
}

function findId(columns: readonly string[], schema: Schema): number {
  return columns.findIndex((column) => isNamedAs(column, schema.idColumns));
}

/**
 * Sends a stored CSV file in another format, converted in a thread while it is read. If the file proves to be damaged, the
 * connection is closed, because the response has begun.
 * @throws TabularError when the format has no room for the rows
 */
export async function sendExport(request: Request, response: Response, exported: Export): Promise<void> {
  const { file, expected, rows, format, name, batch, types } = exported;
  const { mediaType, extension } = RESULT_FORMATS[format];
  const stored = verifiedBytes(file, expected);
  const converted = convertResultsInThread(stored, { format, dialect: batch.input.dialect, rows, types });
  response.status(200).attachment(`${name}${extension}`);
  response.set({ 'Content-Type': mediaType, 'Cache-Control': 'private, no-cache' });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  try {
    await pipeline(Readable.from(converted, { objectMode: false }), response);
  } catch (error) {
    if (error instanceof ObjectCorruptError) logDamageAlarm(response, error);
    throw error;
  }
}

async function* verifiedBytes(file: RunFile, expected: FileDigest): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of file.chunks()) {
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== expected.sha256) throw file.checksumError();
}
