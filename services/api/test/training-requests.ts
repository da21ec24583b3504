import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningApi } from './running-api';
import type { TrainingResponse } from '../src/trainings/training-response';

const data = readFileSync(join(__dirname, '../../../packages/schema/data/wisconsin-original.csv'), 'utf8');
const [header = '', ...rows] = data.trim().split('\n');

export const LABELLED_HEADER = header;
export const LABELLED_ROWS: readonly string[] = rows;
/** A labelled file on which a model can be trained. */
export const LABELLED_FILE = labelledFile(rows.slice(0, 120));
export const TRAININGS = '/v1/trainings';
/** Complete parameters in the address. */
export const TRAIN_LABELLED = `${TRAININGS}?name=mylab&schema=wbc&label=class`;

export function labelledFile(lines: readonly string[]): string {
  return [header, ...lines].join('\n');
}

export function trainingForm(...parts: [name: string, value: string | Blob][]): FormData {
  const form = new FormData();
  for (const [name, value] of parts)
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, 'cases.csv');
  return form;
}

interface Answer {
  status: number;
  json: TrainingResponse & {
    type: string;
    errors: { field?: string; code: string; row?: number }[];
    total_errors: number;
  };
  headers: Headers;
}

/** Sends requests about trainings as an admin of the API's tenant. */
export class TrainingRequests {
  constructor(readonly api: RunningApi) {}

  async send(method: string, path: string, body?: FormData | string | Buffer, headers = {}): Promise<Answer> {
    const response = await this.api.fetch(path, { method, role: 'admin', body, headers });
    return {
      status: response.status,
      json: JSON.parse((await response.text()) || '{}') as Answer['json'],
      headers: response.headers,
    };
  }

  post(file: string, path = TRAIN_LABELLED, headers = {}): Promise<Answer> {
    return this.send('POST', path, file, { 'content-type': 'text/csv', ...headers });
  }

  /** Keys of the tenant's objects, without claims of idempotency keys. */
  async storedKeys(): Promise<string[]> {
    const files = await this.api.files();
    return files.filter((file) => file.includes(this.api.tenant) && !file.includes('/idempotency/'));
  }
}
