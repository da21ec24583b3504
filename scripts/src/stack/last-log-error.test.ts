import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastLogError } from './last-log-error';

describe('the last error of a log', () => {
  let file: string;

  beforeEach(() => {
    file = join(mkdtempSync(join(tmpdir(), 'words-')), 'x.log');
  });

  afterEach(() => rmSync(join(file, '..'), { recursive: true }));

  it.each([
    [
      'the last error, though lines follow it',
      '{"level":60,"msg":"start failed","err":{"message":"no disk"}}\n{"level":30,"msg":"stopped"}\n',
      'start failed: no disk',
    ],
    [
      'an uncaught error',
      'x.js:1\n\nTypeError: no such thing\n    at x.js:1\n\nNode.js v20.20.2\n',
      'TypeError: no such thing',
    ],
    ['the last line without an error', '{"level":30,"msg":"one"}\n{"level":30,"msg":"two"}\n', 'two'],
    [
      'a line that is no JSON',
      '# Could not create server TCP listening socket\n',
      '# Could not create server TCP listening socket',
    ],
  ])('is %s', (_, content, words) => {
    writeFileSync(file, content);
    expect(lastLogError(file)).toBe(`. Its log ${file} ends: ${words}`);
  });

  it('is empty when the log is empty or missing', () => {
    expect(lastLogError(file)).toBe('');
    writeFileSync(file, '\n');
    expect(lastLogError(file)).toBe('');
  });
});
