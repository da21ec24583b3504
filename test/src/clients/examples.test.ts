import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
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
import { promisify } from 'node:util';
import { CytoqueueClient } from '@cytoqueue/client';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { HEADER, ROW } from '../support/csv-rows';
import { connectMoto } from '../support/moto-server';
import { describeWith, testWith } from '../support/optional-tools';
import { ROOT, type RunningStack, startStack } from '../support/stack-process';

/** Run by `npm run test:clients`, which installs Python's and R's packages first. */

const EXAMPLES = join(ROOT, 'packages/client/examples');
const PYTHON = '/usr/bin/python3';

let stack: RunningStack;
let folder: string;

beforeAll(async () => {
  stack = await startStack();
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
  writeFileSync(pathOf('all.csv'), HEADER + ROW);
  const some = `${HEADER}${ROW}8,11${ROW.slice(ROW.indexOf(',', ROW.indexOf(',') + 1))}`;
  // The results keep the delimiter of the file.
  writeFileSync(pathOf('some.csv'), some.replaceAll(',', ';'));
});

afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const pathOf = (name: string) => join(folder, name);

async function run(command: string, args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    CYTOQUEUE_URL: stack.url,
    CYTOQUEUE_API_KEY: stack.apiKey,
    PYTHONPATH: join(ROOT, 'packages/client-python'),
    MPLBACKEND: 'Agg',
    MPLCONFIGDIR: folder,
  };
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, { env, cwd: folder });
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

/** Runs the job on a file that is scored whole and on one that is not. @returns its exit statuses, and whether the files were saved */
async function runJob(command: string, name: string): Promise<unknown[]> {
  const job = join(EXAMPLES, name);
  const read = (file: string) => readFileSync(pathOf(`${name}-${file}`), 'utf8');
  const all = await run(command, [job, pathOf('all.csv'), pathOf(`${name}-all`)]);
  const some = await run(command, [job, pathOf('some.csv'), pathOf(`${name}-some`)]);
  if (all.status !== 0 || some.status !== 5) return [all, some];
  return [0, read('all/results.csv').includes(',ok,benign,'), 5, read('some/errors.csv').includes('out-of-range')];
}

const DONE = [0, true, 5, true];

test('the nightly job in sh', async () => {
  expect(await runJob('sh', 'nightly-job.sh')).toEqual(DONE);
});
test('the nightly job in JavaScript', async () => {
  expect(await runJob(process.execPath, 'nightly-job.mjs')).toEqual(DONE);
});
describeWith('Python with pandas and matplotlib', 'Python', () => {
  test('the nightly job', async () => {
    expect(await runJob(PYTHON, 'nightly-job.py')).toEqual(DONE);
  });
  test('the tests of the module pass', async () =>
    expect(await run(PYTHON, [join(ROOT, 'packages/client-python/test_cytoqueue.py')])).toMatchObject({ status: 0 }));
  test('the notebook draws its plot', async () => {
    expect(await run(PYTHON, [join(EXAMPLES, 'evidence-notebook.py')])).toMatchObject({ status: 0 });
    expect(statSync(pathOf('shapley.png')).size).toBeGreaterThan(5_000);
  });
  test('a wheel builds and has the typed module', async () => {
    const source = pathOf('client-python');
    execFileSync('cp', ['-r', join(ROOT, 'packages/client-python'), source]);
    const args = ['-m', 'pip', 'wheel', '--no-deps', '--no-build-isolation', '--wheel-dir', folder, source];
    expect(await run(PYTHON, args)).toMatchObject({ status: 0 });
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl')) ?? '';
    const { stdout } = await run(PYTHON, ['-m', 'zipfile', '-l', pathOf(wheel)]);
    expect(stdout).toMatch(/cytoqueue\/__init__\.py[^]*cytoqueue\/py\.typed/);
  });
});
testWith('R with curl', 'the nightly job in R', async () => {
  expect(await runJob('Rscript', 'nightly-job.R')).toEqual(DONE);
});

testWith('moto_server', 'the Lambda function submits what lands in a bucket, once', async () => {
  const moto = await connectMoto();
  const endpoint = moto.url;
  Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1' });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const s3 = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await s3.send(new CreateBucketCommand({ Bucket: 'lab-inbox' }));
  const content = HEADER + ROW;
  await s3.send(new PutObjectCommand({ Bucket: 'lab-inbox', Key: 'new files/lab.csv', Body: content }));
  const record = {
    bucket: { name: 'lab-inbox' },
    object: { key: 'new+files/lab.csv', size: content.length, eTag: 'e', sequencer: '1' },
  };
  const event = JSON.stringify({ Records: [{ s3: record }] });
  const program = `import(${JSON.stringify(join(EXAMPLES, 'submit-from-bucket.mjs'))}).then(async ({ handler }) => {
    const event = ${event};
    console.log(JSON.stringify([await handler(event), await handler(event)]));
  });`;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  const { stdout } = await run(process.execPath, ['-e', program]);
  const [[first], [second]] = JSON.parse(stdout) as [string[], string[]];
  expect(second).toBe(first);
  const client = new CytoqueueClient({ url: stack.url, apiKey: stack.apiKey });
  expect(await client.waitForBatch(first as string)).toMatchObject({ status: 'succeeded', filename: 'lab.csv' });
  s3.destroy();
});

test('the units of systemd and the line of cron name existing files and options', () => {
  const service = readFileSync(join(EXAMPLES, 'nightly-job.service'), 'utf8');
  const cron = readFileSync(join(EXAMPLES, 'nightly-job.cron'), 'utf8');
  for (const text of [service, cron]) expect(text).toContain('/opt/lab/nightly-job.sh /srv/lab/export.csv');
  if (!existsSync('/usr/bin/systemd-analyze')) return;
  // Verifies units whose program exists.
  copyFileSync(join(EXAMPLES, 'nightly-job.timer'), pathOf('nightly-job.timer'));
  writeFileSync(
    pathOf('nightly-job.service'),
    service.replace('/opt/lab/nightly-job.sh', join(EXAMPLES, 'nightly-job.sh')),
  );
  execFileSync('/usr/bin/systemd-analyze', ['verify', pathOf('nightly-job.timer')], { stdio: 'pipe' });
});
