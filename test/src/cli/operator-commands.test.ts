import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT, makeDataDir } from '../support/stack-process';

const dataDir = makeDataDir();
const keysFile = join(dataDir, 'keys.json');

afterAll(() => rmSync(dataDir, { recursive: true }));

interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Commands that take no options: they write one file each, or open a browser. */
const WITHOUT_OPTIONS = new Set(['bench-table', 'licences', 'metrics-table', 'screenshots']);

const run = (command: string, ...args: string[]) => runIn({}, command, ...args);
const runWith = (variables: Record<string, string>, name: string, ...args: string[]) =>
  runIn(variables, process.execPath, join(ROOT, 'scripts/dist', `${name}.js`), ...args);

async function runIn(variables: Record<string, string>, command: string, ...args: string[]): Promise<Finished> {
  try {
    return {
      status: 0,
      ...(await promisify(execFile)(command, args, {
        cwd: ROOT,
        env: { ...process.env, DATA_DIR: dataDir, ...variables },
        maxBuffer: 64 * 1024 * 1024,
      })),
    };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

const runScript = (name: string, ...args: string[]) => runWith({}, name, ...args);
const idsOf = () =>
  (JSON.parse(readFileSync(keysFile, 'utf8')) as { tenants: { id: string; keys: { id: string }[] }[] }).tenants.map(
    ({ id, keys }) => [id, keys.map((key) => key.id)],
  );

test('make-key prints the key once and stores its hash; revoke-key removes it', async () => {
  const made = await runScript(
    'keys/make-key',
    '--tenant',
    'lab-a',
    '--role',
    'member',
    '--file',
    keysFile,
    '--expires-days',
    '90',
  );
  expect(made).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^cq_[\w-]{43}\n$/),
    stderr: expect.stringMatching(/^Key k1 of lab-a, until \d{4}-/),
  });
  expect(readFileSync(keysFile, 'utf8')).not.toContain(made.stdout.trim());
  expect(statSync(keysFile).mode & 0o777).toBe(0o600);
  await runScript('keys/make-key', '--tenant', 'lab-a', '--role', 'admin', '--file', keysFile);
  expect(idsOf()).toEqual([['lab-a', ['k1', 'k2']]]);

  expect(await runScript('keys/revoke-key', '--tenant', 'lab-a', '--key', 'k1', '--file', keysFile)).toMatchObject({
    status: 0,
    stderr: '',
  });
  expect(idsOf()).toEqual([['lab-a', ['k2']]]);
  expect(await runScript('keys/revoke-key', '--tenant', 'lab-a', '--key', 'k1', '--file', keysFile)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('tenant lab-a has no key k1'),
  });
});

test.each(['make-key', 'revoke-key'] as const)('%s without arguments prints its usage', async (name) => {
  const { status, stderr } = await runScript(`keys/${name}`);
  expect(status).not.toBe(0);
  expect(stderr).toContain(`Usage: npm run ${name} -- `);
});

test('every npm script that takes options explains them with --help, and does nothing else', async () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
  const programs = Object.entries(scripts as Record<string, string>).flatMap(([name, command]) => {
    const [, program] = /node ((?:scripts|test)\/dist\/\S+)/.exec(command) ?? [];
    return program === undefined || WITHOUT_OPTIONS.has(name) ? [] : [{ name, program }];
  });
  expect(programs.map(({ name }) => name)).toContain('verify');
  const helped = await Promise.all(
    programs.map(async ({ name, program }) => ({
      name,
      ...(await run(process.execPath, join(ROOT, program), '--help')),
    })),
  );
  expect(helped).toEqual(
    programs.map(({ name }) => ({
      name,
      status: 0,
      stdout: expect.stringMatching(`^Usage: npm (run )?${name}(?![\\w-])`),
      stderr: '',
    })),
  );
});

test.each([
  ['verify/main', []],
  ['index-lists/main', ['--dry-run']],
  ['models/main', ['list']],
  ['models/main', ['shadow', 'wbc-knn']],
])('%s %j of a store that is missing or empty fails and creates nothing', async (program, args) => {
  const missing = join(dataDir, 'mistyped');
  const empty = join(dataDir, 'empty');
  mkdirSync(empty, { recursive: true });
  for (const folder of [missing, empty]) {
    const { status, stdout, stderr } = await runWith({ STORAGE_URL: `file://${folder}` }, program, ...args);
    expect([status, stdout]).toEqual([program === 'verify/main' ? 2 : 1, '']);
    expect(stderr).toContain(`nothing found at file://${folder}`);
  }
  expect(existsSync(missing)).toBe(false);
  expect(readdirSync(empty)).toEqual([]);
});

test('revoke-key fails at a store that is missing, and does not create it', async () => {
  const missing = join(dataDir, 'mistyped');
  const args = ['--tenant', 'lab-a', '--key', 'k1', '--store', `file://${missing}`];
  const { status, stderr } = await runScript('keys/revoke-key', ...args);
  expect([status, stderr, existsSync(missing)]).toEqual([
    1,
    `nothing found at file://${missing}: is the address right?\n`,
    false,
  ]);
});

test('the recipe of a backup ends at the first copy that fails, before the copy is verified', async () => {
  const guide = readFileSync(join(ROOT, 'ecs/README.md'), 'utf8');
  const [, recipe = ''] = /^```sh\n(set -eu[^]*?rsync[^]*?)^```$/m.exec(guide) ?? [];
  expect(recipe).toContain('npm run verify');
  // The only program on the path: rsync is missing, and verify would approve.
  const programs = join(dataDir, 'programs');
  mkdirSync(programs);
  writeFileSync(join(programs, 'npm'), '#!/bin/sh\n', { mode: 0o755 });
  const variables = { PATH: programs, DATA_DIR: dataDir, BACKUP: join(dataDir, 'backup') };
  expect((await runIn(variables, '/bin/sh', '-c', recipe)).status).toBe(127);
});

test('bench --help prints its options and measures nothing', async () => {
  const { status, stdout } = await runScript('bench/main', '--help');
  expect(status).toBe(0);
  for (const option of ['--only', '--rows', '--rounds', '--large', '--python', '--write-scaling'])
    expect(stdout).toContain(option);
  expect(existsSync(join(dataDir, 'logs'))).toBe(false);
});

test('sbom prints the packages that ship, and none that is for development only', async () => {
  const { status, stdout } = await run('npm', 'run', '--silent', 'sbom');
  expect(status).toBe(0);
  const { bomFormat, components } = JSON.parse(stdout) as { bomFormat: string; components: { name: string }[] };
  expect(bomFormat).toBe('CycloneDX');
  const names = components.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['bullmq', 'express', 'ioredis']));
  expect(names).not.toContain('jest');
});
