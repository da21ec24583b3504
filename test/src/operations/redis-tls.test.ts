import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, score } from '../support/batches';
import { ContractClient } from '../support/contract-client';
import { HEADER, rows } from '../support/csv-rows';
import { findFreePort } from '../support/free-port';
import { describeWith } from '../support/optional-tools';
import { BENIGN_RECORD } from '../support/records';
import { RedisProcess } from '../support/redis-process';
import { ROOT, terminateProgram, runProgram, startStack } from '../support/stack-process';
import { waitUntil } from '../support/wait-until';

const PASSWORD = 'p@ss/w:rd';

/** A redis-server that accepts TLS only, with a certificate from an authority that this machine does not trust. */
describeWith('openssl', 'rediss://', () => {
  let folder: string;
  let certificate: string;
  let redis: RedisProcess;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'redis-tls-'));
    certificate = join(folder, 'certificate.pem');
    const key = join(folder, 'key.pem');
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '2'];
    const name = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', ...kind, ...name, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    const port = String(await findFreePort());
    const files = { 'tls-cert-file': certificate, 'tls-key-file': key, 'tls-ca-cert-file': certificate };
    redis = await RedisProcess.start(undefined, PASSWORD, {
      port: '0',
      'tls-port': port,
      'tls-auth-clients': 'no',
      ...files,
    });
    url = `rediss://:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`;
  });

  afterAll(async () => {
    await redis?.down();
    rmSync(folder, { recursive: true });
  });

  test('a stack scores a record and a file over TLS, with a password', async () => {
    const stack = await startStack({ REDIS_URL: url, NODE_EXTRA_CA_CERTS: certificate });
    try {
      const client = await ContractClient.connect(stack.url, stack.apiKey);
      expect((await score(client, { features: BENIGN_RECORD })).status).toBe('succeeded');
      expect((await run(client, HEADER + rows(20))).batch.counts.succeeded).toBe(20);
      expect((await client.get('/health/ready')).status).toBe(200);
    } finally {
      await stack.stop();
    }
  });

  test('an API that does not trust the certificate’s authority is not ready, and logs why', async () => {
    const program = runProgram(process.execPath, [join(ROOT, 'services/api/dist/main.js')], {
      PORT: '0',
      DATA_DIR: folder,
      REDIS_URL: url,
    });
    try {
      const api = await waitUntil('the API listens', () => /"url":"([^"]+)"/.exec(program.stdout())?.[1]);
      expect((await fetch(`${api}/health/ready`)).status).toBe(503);
      await waitUntil('it has logged why', () => program.stdout().includes('self-signed certificate'));
      expect(program.stdout()).not.toContain(encodeURIComponent(PASSWORD));
    } finally {
      await terminateProgram(program);
    }
  });
});
