import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, terminateProgram, runProgram } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

test.each(['api', 'worker'])('%s ends with one log line that names every variable it cannot use', async (service) => {
  const program = runProgram(process.execPath, [join(ROOT, `services/${service}/dist/main.js`)], {
    PORT: 'eighty',
    REDIS_URL: 'http://redis',
    LOG_LEVEL: 'loud',
  });
  expect(await program.exited).toBe(1);
  const lines = program.stdout().trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 60,
    service,
    code: 'config-error',
    msg: expect.stringMatching(/PORT: .*REDIS_URL: .*LOG_LEVEL: /),
  });
  expect(program.stderr()).toBe('');
});

test('an API whose Redis does not answer is alive, not ready, and logs it for the alarm that rolls its deployment back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'not-ready-'));
  // No Redis listens on port 1.
  const program = runProgram(process.execPath, [join(ROOT, 'services/api/dist/main.js')], {
    PORT: '0',
    DATA_DIR: folder,
    REDIS_URL: 'redis://127.0.0.1:1',
    LOG_LEVEL: 'info',
  });
  try {
    const url = await waitUntil('the API listens', () => /"url":"([^"]+)"/.exec(program.stdout())?.[1]);
    const line = await waitUntil('it logs that it is not ready', () =>
      program
        .stdout()
        .split('\n')
        .find((text) => text.includes('"msg":"not ready"')),
    );
    expect(JSON.parse(line)).toMatchObject({
      level: 40,
      service: 'api',
      environment: 'local',
      missing: 'redis (unreachable)',
    });
    const status = async (path: string): Promise<number> => (await fetch(url + path)).status;
    expect([await status('/health/live'), await status('/health/ready')]).toEqual([200, 503]);
  } finally {
    await terminateProgram(program);
    rmSync(folder, { recursive: true });
  }
});
