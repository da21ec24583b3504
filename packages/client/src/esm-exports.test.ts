import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as client from './index';

test('`import` gives the same names as `require`', () => {
  const text = readFileSync(join(__dirname, '../esm/index.mjs'), 'utf8');
  const exported = /export \{(.*?)\}/s.exec(text)?.[1] ?? '';
  expect(exported.match(/\w+/g)?.toSorted()).toEqual(Object.keys(client).toSorted());
});
