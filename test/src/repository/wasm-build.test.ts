import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

test('the WebAssembly that is embedded is what its sources compile to', () => {
  const script = join(__dirname, '../../../scripts/build-wasm.mjs');
  expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
}, 60_000);
