import { createHash } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Batch, CytoqueueClient, type Prediction } from '@cytoqueue/client';
import { ObjectKeys } from '@cytoqueue/records';
import { ModelRegistry } from '@cytoqueue/registry';
import { openStore } from '@cytoqueue/storage';
import { HEADER, ROW } from '../support/csv-rows';
import { whilePaused } from '../support/paused-workers';
import { WISCONSIN, readCsv } from '../support/records';
import { ROOT, type RunningStack, runProgram, startStack } from '../support/stack-process';
import { thyroidModel } from '../support/third-schema';
import { waitUntil } from '../support/wait-until';
import { runCommand } from './command.test.fixtures';

const CLI = join(ROOT, 'packages/client/bin/cytoqueue.js');

let stack: RunningStack;
let folder: string;

beforeAll(async () => {
  stack = await startStack({ SHARD_ROWS: '1000' });
  folder = mkdtempSync(join(tmpdir(), 'cytoqueue-cli-'));
  writeFileSync(pathOf('one-row.csv'), HEADER + ROW);
});

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true });
});

/** Finds the stack that runs in DATA_DIR. */
function cytoqueue(...args: string[]) {
  return cytoqueueWith({ DATA_DIR: stack.dataDir }, ...args);
}

const cytoqueueWith = runCommand;

/** Starts the program, to test its exit status and its streams. */
async function startCytoqueue(...args: string[]) {
  const program = runProgram(process.execPath, [CLI, ...args], { DATA_DIR: stack.dataDir });
  const status = await program.exited;
  return { status, out: program.stdout(), error: program.stderr() };
}

const pathOf = (name: string) => join(folder, name);

test('upload sends a file, follows the batch and saves results and errors', async () => {
  writeFileSync(pathOf('lab.csv'), `${WISCONSIN.toString()}extra,11,1,1,1,2,1,3,1,1,2\n`);
  const { status, out, error } = await startCytoqueue(
    'upload',
    pathOf('lab.csv'),
    '--json',
    '-o',
    pathOf('results.csv'),
    '--errors',
    pathOf('errors.csv'),
  );
  expect(status).toBe(5); // one row was not scored
  const batch = JSON.parse(out) as Batch;
  expect(batch).toMatchObject({
    status: 'completed_with_errors',
    filename: 'lab.csv',
    counts: { total: 700, succeeded: 699, rejected: 1 },
  });
  expect(error).toContain(`accepted as ${batch.id}`);
  const results = readFileSync(pathOf('results.csv'));
  expect(readCsv(results.toString()).map(({ row }) => Number(row))).toEqual(
    Array.from({ length: 700 }, (_, i) => i + 1),
  );
  expect(error).toContain(createHash('sha256').update(results).digest('hex'));
  expect(readCsv(readFileSync(pathOf('errors.csv'), 'utf8'))).toHaveLength(1);

  const again = await cytoqueue('results', batch.id, '-o', pathOf('again.csv'));
  expect(again.status).toBe(0);
  expect(readFileSync(pathOf('again.csv')).equals(results)).toBe(true);
  expect((await cytoqueue('list', '--limit', '1')).out).toContain(batch.id);
  const watched = (await cytoqueue('watch', batch.id)).out;
  expect(watched).toContain('699 scored, 1 rejected');
  expect(watched).toMatch(
    /compared with the classes in column "class": \d+ of 241 malignant and \d+ of 458 benign rows agree/,
  );
  expect((await cytoqueue('delete', batch.id)).status).toBe(0);
  expect((await cytoqueue('status', batch.id)).status).toBe(3);
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('preflight prints the counts and columns of a file', async () => {
  const { status, out } = await cytoqueue('preflight', join(ROOT, 'packages/schema/data/wisconsin-original.csv'));
  expect(status).toBe(0);
  expect(out).toContain('699 rows: 699 can be scored, 0 would be rejected; 16 with');
  expect(out).toContain('"clump_thickness" → clump_thickness');
});

test('a file that needs a profile is refused with suggestions, and read once the profile is saved', async () => {
  const file = pathOf('german.csv');
  writeFileSync(file, `sep=;\n${(HEADER + ROW).replace('V1', 'Dicke').replaceAll(',', ';')}`);
  expect(await cytoqueue('preflight', file)).toMatchObject({
    status: 3,
    out: expect.stringMatching(/^refused: Line 2 .*cytoqueue profiles save(?![^]*^\d+ rows?:)/m),
  });
  writeFileSync(pathOf('profile.json'), '{"columns": {"epithelium": "Epithelial"}}');
  expect(await cytoqueue('profiles', 'save', 'our-lab', pathOf('profile.json'))).toMatchObject({
    status: 0,
    error: expect.stringContaining('warning unknown-name: no model has a feature "epithelium"'),
  });
  writeFileSync(pathOf('profile.json'), '{"columns": {"clump_thickness": "Dicke"}}');
  expect(await cytoqueue('profiles', 'save', 'our-lab', pathOf('profile.json'))).toMatchObject({
    status: 0,
    error: expect.not.stringContaining('warning'),
  });
  expect((await cytoqueue('profiles', '--help')).out).toContain('"columns": {"clump_thickness": "Dicke"');
  expect(await cytoqueue('profiles')).toMatchObject({
    status: 0,
    out: 'our-lab: {"columns":{"clump_thickness":"Dicke"}}\n',
  });
  expect(JSON.parse((await cytoqueue('profiles', 'show', 'our-lab')).out)).toEqual({
    columns: { clump_thickness: 'Dicke' },
  });
  expect((await cytoqueue('preflight', file, '--profile', 'our-lab')).status).toBe(0);
  expect((await cytoqueue('profiles', 'delete', 'our-lab')).status).toBe(0);
  expect(await cytoqueue('upload', file, '--profile', 'our-lab')).toMatchObject({
    status: 3,
    error: expect.stringContaining('there is no import profile "our-lab"'),
  });
  expect((await cytoqueue('profiles', 'save', 'our-lab', pathOf('absent.json'))).status).toBe(2);
  expect((await cytoqueue('profiles', 'frobnicate')).status).toBe(2);
});

test('preflight fails when the batch would fail because of a rejected row', async () => {
  const file = pathOf('rejected.csv');
  writeFileSync(file, `${HEADER}${ROW}${ROW.replace(',5,', ',55,')}`);
  expect((await cytoqueue('preflight', file)).status).toBe(0);
  expect((await cytoqueue('preflight', file, '--on-error', 'abort')).status).toBe(1);
});

test('upload prints how many rows were left out, as preflight does', async () => {
  writeFileSync(pathOf('gaps.csv'), `${HEADER}${ROW},,,,,,,,,\n${ROW}`);
  for (const command of ['preflight', 'upload'])
    expect((await cytoqueue(command, pathOf('gaps.csv'))).out).toContain('left out: 1 empty row\n');
});

test('warnings of a file are printed with code, row and line, and its results are saved as a workbook', async () => {
  writeFileSync(pathOf('no-id.csv'), `${HEADER}${ROW}${ROW.replace(/^[^,]*/, '')}`);
  const workbook = pathOf('results.xlsx');
  const { status, error } = await cytoqueue('upload', pathOf('no-id.csv'), '--format', 'xlsx', '-o', workbook);
  expect(error).toContain('warning no-identifier: row 2, line 3: The row has no identifier.');
  expect([status, readFileSync(workbook).toString('latin1', 0, 4)]).toEqual([0, 'PK\u0003\u0004']);
  expect((await cytoqueue('upload', pathOf('no-id.csv'), '--format', 'docx')).status).toBe(2);
});

test('predict returns the same result for values by position and by name', async () => {
  const byPlace = await cytoqueue('predict', '--json', '5', '4', '4', '3', '4', '?', '4', '3', '1');
  expect(byPlace.status).toBe(0);
  const { result, features } = JSON.parse(byPlace.out) as Required<Prediction>;
  expect(result.missing_features).toEqual(['bare_nuclei']);
  const byName = await cytoqueue(
    'predict',
    '--json',
    ...Object.entries(features).map(([name, value]) => `${name}=${value ?? '?'}`),
  );
  expect((JSON.parse(byName.out) as Prediction).result).toEqual(result);
  expect((await cytoqueue('predict', '5,4,4,3,4,?,4,3,1')).out).toContain('not measured: bare_nuclei');
});

test('confirmed diagnoses of a file are stored, and performance and drift are shown', async () => {
  const { id } = JSON.parse((await cytoqueue('upload', pathOf('one-row.csv'), '--json')).out) as Batch;
  writeFileSync(pathOf('confirmed.csv'), `batch_id,row,confirmed_class\n${id},1,benign\n${id},2,benign\n`);
  const { status, out } = await cytoqueue('confirmations', pathOf('confirmed.csv'));
  expect([status, out]).toEqual([
    5,
    '1 confirmed diagnosis stored, 1 row rejected\n  row 2: You have no such prediction or row; it may have expired or been deleted.\n',
  ]);
  await waitUntil('the diagnosis is in the figures', async () =>
    /all: 1 of \d+ confirmed, .*specificity 100\.0 % \(95 % CI/.test((await cytoqueue('performance')).out),
  );
  await waitUntil('the records are counted', async () =>
    / wbc-knn@[\d.]+: \d+ records, /.test((await cytoqueue('drift', '--model', 'wbc-knn')).out),
  );
  expect((await cytoqueue('confirmations', pathOf('missing.csv'))).status).toBe(2);
});

test('the service is found by variables or by a stack in this directory; otherwise the command fails', async () => {
  const variables = { DATA_DIR: folder, CYTOQUEUE_URL: stack.url, CYTOQUEUE_API_KEY: stack.apiKey };
  expect(await cytoqueueWith(variables, 'models')).toMatchObject({
    status: 0,
    out: expect.stringContaining('wbc-knn'),
  });
  expect(await cytoqueue('models')).toMatchObject({ status: 0, out: expect.stringContaining('wbc-knn') });
  expect(await cytoqueueWith({ DATA_DIR: folder }, 'models')).toMatchObject({
    status: 2,
    error: expect.stringContaining('npm start'),
  });
});

test('login stores URL and key for this user only, and the key of a file is used', async () => {
  const home = { DATA_DIR: folder, XDG_CONFIG_HOME: pathOf('config') };
  const file = pathOf('config/cytoqueue/login.json');
  writeFileSync(pathOf('key'), `${stack.apiKey}\n`);
  const keyFile = { ...home, CYTOQUEUE_API_KEY_FILE: pathOf('key') };
  expect((await cytoqueueWith({ ...keyFile, CYTOQUEUE_URL: stack.url }, 'models')).status).toBe(0);
  expect((await cytoqueueWith(home, 'login', '--url', stack.url, '--key', 'wrong')).status).toBe(3);
  expect(existsSync(file)).toBe(false);
  const loggedIn = await cytoqueueWith({ ...keyFile, CYTOQUEUE_URL: stack.url }, 'login');
  expect(loggedIn).toMatchObject({ status: 0, error: expect.stringContaining('as admin of local') });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await cytoqueueWith(home, 'models')).status).toBe(0);
  // The stored key is not sent to another address.
  expect((await cytoqueueWith(home, 'models', '--url', 'http://127.0.0.1:9')).status).toBe(2);
  chmodSync(file, 0o644);
  expect(await cytoqueueWith(home, 'models')).toMatchObject({ status: 2, error: expect.stringContaining('chmod 600') });
  expect((await cytoqueueWith(home, 'logout')).status).toBe(0);
  expect((await cytoqueueWith(home, 'models')).status).toBe(2);
});

test('login with --url sends the key of standard input, not the one that the environment has for another service', () => {
  const env = { ...process.env, CLI, NODE: process.execPath, URL: stack.url, KEY: stack.apiKey };
  const login = spawnSync('bash', ['-c', 'echo "$KEY" | "$NODE" "$CLI" login --url "$URL"'], {
    encoding: 'utf8',
    env: { ...env, CYTOQUEUE_API_KEY: 'of-another-service', XDG_CONFIG_HOME: pathOf('other-config') },
  });
  expect([login.status, login.stderr]).toEqual([0, expect.stringContaining('as admin of local')]);
  const { api_key } = JSON.parse(readFileSync(pathOf('other-config/cytoqueue/login.json'), 'utf8')) as {
    api_key: string;
  };
  expect(api_key).toBe(stack.apiKey);
});

test('standard input and pipes are uploaded, and - writes results to standard output', async () => {
  const run = (command: string) =>
    execFileSync('bash', ['-c', command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...process.env,
        DATA_DIR: stack.dataDir,
        NODE: process.execPath,
        CLI,
        ROWS: pathOf('one-row.csv'),
        TMPDIR: folder,
      },
    });
  const before = readdirSync(folder);
  for (const command of [
    'cat "$ROWS" | "$NODE" "$CLI" upload - -o -',
    '"$NODE" "$CLI" upload <(cat "$ROWS") -o -',
    '"$NODE" "$CLI" upload /dev/stdin -o - < "$ROWS"',
  ])
    expect(readCsv(run(command))).toMatchObject([{ row: '1', row_status: 'ok' }]);
  expect(run('"$NODE" "$CLI" preflight - < "$ROWS"')).toContain('1 row: 1 can be scored');
  expect(readdirSync(folder)).toEqual(before);
  expect(await cytoqueue('upload', folder)).toMatchObject({ status: 2, error: expect.stringContaining('is a folder') });
});

test('an interrupted upload says that the batch continues and how to watch it', async () => {
  const stderr = await whilePaused(stack.dataDir, async () => {
    const program = runProgram(process.execPath, [CLI, 'upload', pathOf('one-row.csv')], { DATA_DIR: stack.dataDir });
    await waitUntil('the batch is accepted', () => program.stderr().includes('accepted as'));
    program.process.kill('SIGINT');
    expect(await program.exited).toBe(130);
    return program.stderr();
  });
  const id = /cytoqueue watch (batch_\w+)/.exec(stderr)?.[1] as string;
  expect((await cytoqueue('watch', id)).status).toBe(0);
  expect((await cytoqueue('status', id)).status).toBe(0);
});

test('errors are JSON with --json, each command has its help, and completion scripts are valid', async () => {
  const refused = await cytoqueue('status', 'batch_none', '--json');
  expect(JSON.parse(refused.error)).toMatchObject({ error: { type: 'not-found', status: 404 } });
  expect(JSON.parse((await cytoqueue('upload', '--json')).error)).toMatchObject({ error: { type: 'usage' } });
  const help = (await cytoqueue('upload', '--help')).out;
  expect(help).toContain('--on-error continue|abort');
  expect(help).not.toContain('--limit');
  expect((await cytoqueue('help', 'predict')).out).toContain('--id ID');
  expect(await cytoqueue('list', '--profile', 'x')).toMatchObject({ status: 2 });
  expect((await startCytoqueue('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await cytoqueue('predict', '-1')).error).toContain('put -- before negative values');
  const script = (await cytoqueue('completion', 'bash')).out;
  const completed = execFileSync(
    'bash',
    ['-c', `${script}\nCOMP_WORDS=(cytoqueue upload --on-); COMP_CWORD=2; _cytoqueue; echo "\${COMPREPLY[@]}"`],
    { encoding: 'utf8' },
  );
  expect(completed.trim()).toBe('--on-error --on-warning');
  expect((await cytoqueue('completion', 'zsh')).out).toContain('bashcompinit');
  expect((await cytoqueue('completion', 'fish')).out).toContain('complete -c cytoqueue');
  expect((await cytoqueue('completion', 'tcsh')).status).toBe(2);
});

test('results that are damaged in the store are not saved', async () => {
  const { out } = await cytoqueue('upload', pathOf('one-row.csv'), '--json');
  const { id } = JSON.parse(out) as Batch;
  const path = join(stack.dataDir, 'objects', ObjectKeys.shard('local', id, 0, 'wbc-knn@1.1.0'));
  writeFileSync(path, readFileSync(path, 'utf8').replace(',benign,', ',BENIGN,'));
  const { status, error } = await cytoqueue('results', id, '-o', pathOf('damaged.csv'));
  expect([status, error]).toEqual([1, expect.stringContaining('damaged')]);
  expect(existsSync(pathOf('damaged.csv'))).toBe(false);
});

test('predict waits longer than a single request may', async () => {
  const impatient = await startStack({ MAX_WAIT_SECONDS: '1', CANARY_SECONDS: '0' });
  const program = await whilePaused(impatient.dataDir, async () => {
    const started = runProgram(process.execPath, [CLI, 'predict', '5,4,4,3,4,?,4,3,1'], {
      CYTOQUEUE_URL: impatient.url,
      CYTOQUEUE_API_KEY: impatient.apiKey,
    });
    await waitUntil('the service has answered without a result', () =>
      /"route":"\/v1\/predictions","status":202/.test(readFileSync(join(impatient.dataDir, 'logs', 'api.log'), 'utf8')),
    );
    return started;
  });
  expect([await program.exited, program.stdout()]).toEqual([0, expect.stringContaining('not measured: bare_nuclei')]);
  await impatient.stop();
});

test('errors are named, and the exit status distinguishes wrong usage from a failed request', async () => {
  const eleven = await cytoqueue('predict', '5', '4', '4', '3', '4', '5', '4', '3', '11');
  expect([eleven.status, eleven.error]).toEqual([3, expect.stringContaining('mitoses: ')]);
  expect((await cytoqueue('predict', '5')).status).toBe(2);
  expect(await cytoqueue('predict', 'mitoses=')).toMatchObject({
    status: 2,
    error: expect.stringContaining('mitoses has no value; write mitoses=? if it was not measured'),
  });
  expect(await cytoqueue('upload', pathOf('absent.csv'))).toMatchObject({
    status: 2,
    error: expect.stringContaining('absent.csv'),
  });
  expect((await cytoqueue('upload', pathOf('one-row.csv'), '--on-error', 'panic')).status).toBe(2);
  writeFileSync(pathOf('text.csv'), 'no,features\n1,2\n');
  const unusable = await cytoqueue('upload', pathOf('text.csv'), '-o', pathOf('none.csv'));
  expect(unusable.status).toBe(3);
  expect(unusable.error).toMatch(/The file cannot be processed|not valid/);
  expect(existsSync(pathOf('none.csv'))).toBe(false);
  expect((await startCytoqueue('frobnicate')).status).toBe(2);
  expect(await cytoqueue('models', '--url', 'http://127.0.0.1:9', '--key', 'none')).toMatchObject({
    status: 4,
    error: expect.stringContaining('cannot be reached'),
  });
});

test('models compares, promotes and deletes versions of an own model', async () => {
  const session = await fetch(`${stack.url}/v1/session`, { headers: { authorization: `Bearer ${stack.apiKey}` } });
  const { tenant } = (await session.json()) as { tenant: string };
  const own = new ModelRegistry(openStore(`file://${stack.dataDir}/objects`)).ofTenant(tenant);
  for (let version = 1; version <= 2; version++) await own.add(Buffer.from(thyroidModel('mylab')));
  expect(await cytoqueue('models', 'compare', 'own/mylab', '1')).toMatchObject({
    status: 0,
    out: expect.stringContaining('own/mylab@1 was not compared') as string,
  });
  expect(await cytoqueue('models', 'promote', 'own/mylab', '1')).toMatchObject({ status: 0 });
  expect(await cytoqueue('models', 'promote', 'own/mylab', '2')).toMatchObject({
    status: 3,
    error: expect.stringContaining('how own/mylab@2 compares with the champion own/mylab@1') as string,
  });
  expect(await cytoqueue('models', 'delete', 'own/mylab', '1')).toMatchObject({ status: 3 });
  const promoted = await cytoqueue('models', 'promote', 'own/mylab', '2', '--accept-unknown');
  expect(promoted.out).toContain('own/mylab: champion 2');
  expect(await cytoqueue('models', 'delete', 'own/mylab', '1')).toMatchObject({ status: 0 });
  const client = new CytoqueueClient({ url: stack.url, apiKey: stack.apiKey });
  await client.replaceSettings({ default_model: 'own/mylab@2', operating_point: 'default' });
  await waitUntil('the setting is used', async () =>
    (await cytoqueue('models')).out.includes('own/mylab (default 2): champion 2, versions 2'),
  );
  const byPosition = await cytoqueue('predict', '--json', '2', '15', '5', '40', '20', '8', '0');
  expect((JSON.parse(byPosition.out) as Prediction).features).toMatchObject({ tsh: 2, trend: 0 });
  expect(await cytoqueue('models', 'destroy', 'own/mylab', '1')).toMatchObject({ status: 2 });
});
