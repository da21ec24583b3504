import { join } from 'node:path';
import { ROOT, runProgram } from '../support/stack-process';

test.each(['api', 'worker'])('%s ends with one log line that names every variable it cannot use', async (service) => {
  const program = runProgram(process.execPath, [join(ROOT, `services/${service}/dist/main.js`)], { PORT: 'eighty', REDIS_URL: 'http://redis', LOG_LEVEL: 'loud' });
  expect(await program.exited).toBe(1);
  const lines = program.stdout().trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 60, service, code: 'config-error', msg: expect.stringMatching(/PORT: .*REDIS_URL: .*LOG_LEVEL: /) });
  expect(program.stderr()).toBe('');
});
