import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

test('the embedded WebAssembly equals the compiled sources', () => {
  const script = join(__dirname, '../../../scripts/build-wasm.mjs');
  expect(() => execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })).not.toThrow();
});
