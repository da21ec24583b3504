import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StackFixture } from '../support/stack-fixture';
import type { RunningStack } from '../support/stack-process';

/** Run by `npm run test:clients`, which installs the generators first. */

const ROOT = join(__dirname, '../../..');
const TOOLS = join(ROOT, 'scripts/openapi-tools/node_modules');
const DOCUMENT = join(ROOT, 'services/api/openapi.json');
const RECORD = `{ clump_thickness: 5, uniformity_of_cell_size: 1, uniformity_of_cell_shape: 1, marginal_adhesion: 1,
  single_epithelial_cell_size: 2, bare_nuclei: 1, bland_chromatin: 3, normal_nucleoli: 1, mitoses: 1 }`;

interface Generator {
  command: string;
  args: string[];
  /** A program that takes the address and an API key and prints one line. */
  program: string;
  prints: string;
}

const generators: Record<string, Generator> = {
  'openapi-typescript': {
    command: 'openapi-typescript',
    args: [DOCUMENT, '--default-non-nullable', 'false', '-o', 'client/schema.ts'],
    program: `
      import createClient from 'openapi-fetch';
      import type { components, paths } from './client/schema';
      async function main([baseUrl, key]: string[]): Promise<void> {
        const client = createClient<paths>({ baseUrl, headers: { Authorization: \`Bearer \${key}\` } });
        const { data } = await client.POST('/v1/predictions', {
          params: { header: { Prefer: 'wait=20' } },
          body: { features: ${RECORD} },
        });
        const prediction = data as components['schemas']['Prediction'];
        const { error } = await client.GET('/v1/predictions/{id}', { params: { path: { id: 'pred_none' } } });
        const isKnown: boolean = error?.type === 'urn:cytoqueue:problem:not-found';
        console.log([prediction.result?.predicted_class, isKnown].join(' '));
      }
      void main(process.argv.slice(2));`,
    prints: 'benign true',
  },
  'hey-api': {
    command: 'openapi-ts',
    args: ['-i', DOCUMENT, '-o', 'client', '-c', '@hey-api/client-fetch'],
    program: `
      import { createClient } from './client/client';
      import { createBatch, getBatch, getBatchResults, type Batch } from './client';
      async function main([baseUrl, key]: string[]): Promise<void> {
        const client = createClient({ baseUrl, auth: key, throwOnError: true });
        const body = 'V1,V2,V3,V4,V5,V6,V7,V8,V9,id\\n5,1,1,1,2,1,3,1,1,7\\n'.replace(/V(\\d)/g, (_, n) =>
          ['clump_thickness', 'uniformity_of_cell_size', 'uniformity_of_cell_shape', 'marginal_adhesion',
           'single_epithelial_cell_size', 'bare_nuclei', 'bland_chromatin', 'normal_nucleoli', 'mitoses'][n - 1]!);
        const { data } = await createBatch({ client, body, throwOnError: true });
        let batch = data as Batch;
        while (batch.completed_at === undefined)
          batch = (await getBatch({ client, path: { id: batch.id }, throwOnError: true })).data;
        const results = await getBatchResults({ client, path: { id: batch.id }, throwOnError: true, parseAs: 'text' });
        console.log([batch.status, String(results.data).split('\\n')[1]?.includes('benign')].join(' '));
      }
      void main(process.argv.slice(2));`,
    prints: 'succeeded true',
  },
  orval: {
    command: 'orval',
    args: ['--input', DOCUMENT, '--output', 'client/index.ts', '--client', 'fetch'],
    program: `
      import { createPrediction, getModel } from './client';
      async function main([baseUrl, key]: string[]): Promise<void> {
        const send = globalThis.fetch;
        globalThis.fetch = (path, init) => send(baseUrl + String(path), init);
        const headers = { Authorization: \`Bearer \${key}\`, 'Content-Type': 'application/json' };
        const accepted = await createPrediction({ features: ${RECORD} }, { headers });
        const model = await getModel('wbc-knn', { headers });
        console.log([accepted.status, model.status === 200 && model.data.name].join(' '));
      }
      void main(process.argv.slice(2));`,
    prints: '202 wbc-knn',
  },
};

let fixture: StackFixture;
let stack: RunningStack;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'generated-clients-'));
  fixture = new StackFixture();
  stack = await fixture.start();
});

afterAll(async () => {
  await fixture?.end();
  rmSync(folder, { recursive: true, force: true });
});

function runTool(name: string, args: string[], cwd: string): string {
  return execFileSync(join(TOOLS, '.bin', name), args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

test('Spectral finds neither errors nor warnings in the document', () => {
  const ruleset = join(ROOT, 'scripts/openapi-tools/spectral.yaml');
  expect(runTool('spectral', ['lint', DOCUMENT, '--ruleset', ruleset, '--fail-severity', 'hint'], folder)).toContain(
    'No results',
  );
});

test.each(Object.keys(generators))('the client of %s compiles and calls the service', (name) => {
  const { command, args, program, prints } = generators[name] as Generator;
  const cwd = join(folder, name);
  mkdirSync(join(cwd, 'client'), { recursive: true });
  symlinkSync(TOOLS, join(cwd, 'node_modules'));
  runTool(command, args, cwd);
  writeFileSync(join(cwd, 'program.ts'), program);
  const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
  const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--skipLibCheck', '--outDir', 'dist'];
  runTool('tsc', [...options, ...types, 'program.ts'], cwd);
  const { url, api_key: key } = stack.ready;
  const output = execFileSync(process.execPath, ['dist/program.js', url, key ?? ''], { cwd, encoding: 'utf8' });
  expect(output.trim()).toBe(prints);
});
