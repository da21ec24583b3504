import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { wbc } from '@cytoqueue/schema';
import { finish } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { HEADER, ROW } from '../support/csv-rows';
import { BENIGN_RECORD } from '../support/records';
import { ROOT, type RunningStack, startStack } from '../support/stack-process';
import { finishTraining } from '../support/trainings';

/** Samples that are not run here: they run the demo and all tests. */
const NOT_RUN = ['npm run demo'];
const PAGES = ['README.md', 'services/api/README.md'];

function readSamples(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, commands = '']) => commands);
}

const UPLOAD = () => sample('services/api/README.md', '(\nset -e');
const RECORDS = `${HEADER}${ROW}11${ROW.slice(1)}`;
const found = new Set<string>();

/** The `sh` sample that begins with these words. */
function sample(page: string, start: string): string {
  const commands = readSamples(page).find((text) => text.startsWith(start)) ?? '';
  found.add(commands);
  return commands;
}

let stack: RunningStack;
let client: ContractClient;

beforeAll(async () => {
  stack = await startStack();
  client = await ContractClient.connect(stack.url, stack.apiKey);
});

afterAll(() => stack?.stop());

/** Runs commands in the stack's directory with URL and KEY set, as the quick start says. */
async function shell(commands: string, { cwd = stack.dataDir, ...more }: Record<string, string> = {}): Promise<string> {
  const env = { ...process.env, URL: stack.url, KEY: stack.apiKey, ...more };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands], { cwd, env });
  return stdout;
}

test('the line that sets URL and KEY reads both from ready.json', async () => {
  const line = sample('README.md', 'export URL=').trim();
  expect(
    await shell(`${line.replaceAll('./.cytoqueue/', `${stack.dataDir}/`)}; echo "$URL $KEY"`, { URL: '', KEY: '' }),
  ).toBe(`${stack.url} ${stack.apiKey}\n`);
});

test('the command for one record answers with its class', async () => {
  const command = sample('services/api/README.md', 'curl "$URL/v1/predictions"');
  expect(command).toContain('wait=10');
  // A busy machine may take longer than ten seconds.
  const { result } = JSON.parse(await shell(command.replace('wait=10', 'wait=60'))) as {
    result: { predicted_class: string };
  };
  expect(result.predicted_class).toMatch(/^(benign|malignant)$/);
});

test('the commands for a file upload it and save its results and errors', async () => {
  writeFileSync(join(stack.dataDir, 'records.csv'), RECORDS);
  expect(await shell(UPLOAD())).toContain('"status":"succeeded"');
  expect(readFileSync(join(stack.dataDir, 'results.csv'), 'utf8').split('\n')).toHaveLength(4);
  expect(readFileSync(join(stack.dataDir, 'errors.csv'), 'utf8')).not.toBe('');
});

test.each([
  ['a file that is refused', 'no,features\n1,2\n', {}, '"code":"missing-column"'],
  ['a wrong key', RECORDS, { KEY: 'cq_wrong' }, 'urn:cytoqueue:problem:unauthenticated'],
])('the commands for a file end with the problem of %s', async (_, file, variables, problem) => {
  writeFileSync(join(stack.dataDir, 'records.csv'), file);
  await expect(shell(UPLOAD(), variables)).rejects.toMatchObject({ stdout: expect.stringContaining(problem) });
});

test('the commands for a file end when the batch is gone', async () => {
  writeFileSync(join(stack.dataDir, 'records.csv'), RECORDS);
  const elsewhere = UPLOAD().replace('batches/$ID"', 'batches/batch_gone"');
  await expect(shell(elsewhere)).rejects.toMatchObject({ stdout: expect.stringContaining('problem:not-found') });
});

test('the commands for an import profile save it and check a file with it', async () => {
  writeFileSync(join(stack.dataDir, 'records.csv'), RECORDS.replace('V1', 'Dicke'));
  const text = sample('services/api/README.md', 'curl --fail-with-body -X PUT "$URL/v1/import-profiles');
  const [saved = '', report = ''] = (await shell(text.replace('"id": "Fallnummer"', '"id": "id"'))).split('}{');
  expect(saved).not.toContain('warnings');
  expect(report).toContain('"accepted":true');
});

test('the guide lists the names and aliases of the nine grades', () => {
  const guide = readFileSync(join(ROOT, 'services/api/README.md'), 'utf8');
  const rows = wbc.features.map(
    ({ name, aliases }) => `| \`${name}\` | ${aliases.map((alias) => `\`${alias}\``).join(', ')} |`,
  );
  expect(guide).toContain(rows.join('\n'));
});

test('the commands of the front page check a file, upload it and save its results', async () => {
  const env = { cwd: ROOT, CYTOQUEUE_URL: stack.url, CYTOQUEUE_API_KEY: stack.apiKey };
  writeFileSync(join(stack.dataDir, 'records.csv'), `${HEADER}${ROW}`);
  const [preflight = '', upload = ''] = sample('README.md', 'npx cytoqueue preflight')
    .replaceAll(/(\w+)\.csv/g, `${stack.dataDir}/$1.csv`)
    .split('\n');
  expect(await shell(preflight, env)).toContain('1');
  await shell(upload, env);
  expect(readFileSync(join(stack.dataDir, 'results.csv'), 'utf8').split('\n')).toHaveLength(3);
});

test('the commands for keys create one that has the given role, and revoke it', async () => {
  const [make = '', revoke = ''] = sample('services/api/README.md', 'npm run make-key')
    .replaceAll('keys.json', `${stack.dataDir}/keys.json`)
    .split('\n');
  expect(await shell(make, { cwd: ROOT })).toContain('cq_');
  expect(readFileSync(join(stack.dataDir, 'keys.json'), 'utf8')).toContain('"member"');
  await shell(revoke, { cwd: ROOT });
  expect(readFileSync(join(stack.dataDir, 'keys.json'), 'utf8')).not.toContain('"member"');
});

test('the commands for reviews add a decision, and list decisions and what has none', async () => {
  const record = await client.post('/v1/predictions', {
    headers: { prefer: 'wait=60' },
    json: { features: BENIGN_RECORD },
  });
  const file = { headers: { 'content-type': 'text/csv' }, body: HEADER + ROW.repeat(17) };
  const { id: batch } = (await client.post('/v1/batches', file)).json as { id: string };
  await finish(client, batch);
  const [review = '', list = '', worklist = ''] = sample(
    'services/api/README.md',
    'curl "$URL/v1/predictions/$ID/reviews"',
  ).split('\n');
  expect(JSON.parse(await shell(review, { ID: record.json.id as string }))).toMatchObject({ decision: 'repeat' });
  expect(JSON.parse(await shell(list, { BATCH: batch }))).toMatchObject({ data: [] });
  expect(JSON.parse(await shell(worklist))).toHaveProperty('data');
});

test('the commands for confirmed diagnoses store them and report the figures', async () => {
  const file = { headers: { 'content-type': 'text/csv' }, body: `${HEADER}${ROW.replace(/^[^,]*/, '1000025')}` };
  const { id: batch } = (await client.post('/v1/batches', file)).json as { id: string };
  await finish(client, batch);
  const text = sample('services/api/README.md', 'curl "$URL/v1/confirmations"').replace('confirmed.csv', '$FILE');
  const [one = '', many = '', performance = '', drift = ''] = text.replaceAll('\\\n', '').split('\n');
  const path = join(stack.dataDir, 'confirmed.csv');
  writeFileSync(path, `batch_id,row,confirmed_class\n${batch},1,benign\n`);
  expect(JSON.parse(await shell(one, { BATCH: batch }))).toMatchObject({ batch_id: batch, row: 1 });
  expect(JSON.parse(await shell(many, { FILE: path }))).toMatchObject({ accepted: 1 });
  expect(JSON.parse(await shell(performance))).toHaveProperty('data');
  expect(JSON.parse(await shell(drift))).toHaveProperty('histograms');
});

test('the commands for an own model train it and show its card', async () => {
  const text = sample('services/api/README.md', 'curl "$URL/v1/trainings"').replace('Diagnosis', 'class');
  const [train = '', show = '', card = ''] = text
    .replace('-F group=Patient ', '')
    .replace('cases.csv', '$FILE')
    .split('\n');
  const path = join(stack.dataDir, 'cases.csv');
  const data = readFileSync(join(ROOT, 'packages/schema/data/wisconsin-diagnostic.csv'), 'utf8');
  writeFileSync(path, data.split('\n', 101).join('\n'));
  const { id } = JSON.parse(await shell(train, { FILE: path })) as { id: string };
  await finishTraining(client, id);
  expect(JSON.parse(await shell(show, { TRAINING: id }))).toMatchObject({ status: 'succeeded', model: 'own/mylab@1' });
  expect(await shell(card)).toContain('# Model card: own/mylab@1');
});

test('the command for settings pins a version', async () => {
  const settings = sample('services/api/README.md', 'curl -X PUT "$URL/v1/settings"');
  expect(JSON.parse(await shell(settings))).toMatchObject({ default_model: 'wbc-knn@1.0.0' });
});

test('every sample is run by a test above or starts a stack itself', () => {
  const notRun = PAGES.flatMap(readSamples).filter((text) => !found.has(text));
  expect(notRun.filter((text) => !NOT_RUN.some((start) => text.startsWith(start)))).toEqual([]);
});
