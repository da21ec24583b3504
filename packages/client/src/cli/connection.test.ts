import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findConnection } from './connection';
import { writeLogin } from './login-file';

const LOCAL = { url: 'http://localhost:3000', apiKey: 'local-key' };
const LAB = { url: 'https://lab.example', apiKey: 'lab-key' };
let folder: string;
let environment: Record<string, string>;
let loginFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cytoqueue-connection-'));
  environment = { DATA_DIR: join(folder, 'data'), XDG_CONFIG_HOME: join(folder, 'config') };
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data', 'ready.json'), JSON.stringify({ url: LOCAL.url, api_key: LOCAL.apiKey }));
  loginFile = writeLogin(environment, LAB);
});

afterEach(() => rmSync(folder, { recursive: true }));

test('without a URL the local stack comes before the login', () => {
  expect(findConnection({}, environment)).toEqual(LOCAL);
  expect(findConnection({}, { ...environment, DATA_DIR: join(folder, 'none') })).toEqual(LAB);
});

test('the login of the given URL is used although a local stack runs, with or without a slash at the end', () => {
  expect(findConnection({ url: LAB.url }, environment)).toEqual(LAB);
  expect(findConnection({ url: `${LAB.url}/` }, environment).apiKey).toBe(LAB.apiKey);
});

test('a stored key is not sent to another URL', () => {
  expect(() => findConnection({ url: 'https://other.example' }, environment)).toThrow('the API key is missing');
});

test('a login file that others may read is an error only where it is needed', () => {
  chmodSync(loginFile, 0o644);
  expect(findConnection({ url: LAB.url, key: 'given' }, environment)).toEqual({ url: LAB.url, apiKey: 'given' });
  expect(findConnection({}, environment)).toEqual(LOCAL);
  expect(() => findConnection({ url: LAB.url }, environment)).toThrow('chmod 600');
});
