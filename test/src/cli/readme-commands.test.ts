import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { finish } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { HEADER, ROW } from '../support/csv-rows';
import { ROOT, type RunningStack, startStack } from '../support/stack-process';

/** The shell code of a README section: the commands of its first fenced block. */
function commandsOf(section: string, page: string): string {
  const text = readFileSync(join(ROOT, page), 'utf8').split(/^## /m).find((part) => part.startsWith(section)) ?? '';
  return /^```sh\n([^]*?)^```$/m.exec(text)?.[1] ?? '';
}

let stack: RunningStack;
let client: ContractClient;

beforeAll(async () => {
  stack = await startStack();
  client = await ContractClient.connect(stack.url, stack.apiKey);
});

afterAll(() => stack?.stop());

/** Runs them in the stack's directory, as a user would who set URL and KEY as the quick start says. */
async function shell(commands: string, more: Record<string, string> = {}): Promise<string> {
  const env = { ...process.env, URL: stack.url, KEY: stack.apiKey, ...more };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', commands], { cwd: stack.dataDir, env });
  return stdout;
}

test('the line that sets URL and KEY reads both from ready.json', async () => {
  const line = /^export URL=.*$/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[0] ?? '';
  expect(await shell(`${line.replaceAll('./.cytoqueue/', `${stack.dataDir}/`)}; echo "$URL $KEY"`, { URL: '', KEY: '' })).toBe(`${stack.url} ${stack.apiKey}\n`);
});

test('the command for one record answers with its class', async () => {
  const { result } = JSON.parse(await shell(commandsOf('Single records', 'services/api/README.md'))) as { result: { predicted_class: string } };
  expect(result.predicted_class).toMatch(/^(benign|malignant)$/);
});

test('the commands for a file upload it and save its results and errors', async () => {
  const [upload = '', ...rest] = commandsOf('Batches', 'services/api/README.md').split('\n').filter((line) => line.startsWith('curl '));
  expect(rest).toHaveLength(3);
  writeFileSync(join(stack.dataDir, 'records.csv'), `${HEADER}${ROW}11${ROW.slice(1)}`);
  const { id } = JSON.parse(await shell(upload)) as { id: string };
  await finish(client, id);
  expect(JSON.parse(await shell(rest[0] ?? '', { ID: id }))).toMatchObject({ id, counts: { succeeded: 2 } });
  await shell(rest.slice(1).join('\n'), { ID: id });
  expect(readFileSync(join(stack.dataDir, 'results.csv'), 'utf8').split('\n')).toHaveLength(4);
  expect(readFileSync(join(stack.dataDir, 'errors.csv'), 'utf8')).not.toBe('');
});
