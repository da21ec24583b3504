import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findExecutable } from '../../../test/src/support/executables';
import { waitUntil } from '../../../test/src/support/wait-until';
import { BASE, DIGEST, STUB } from '../../test/tool-stub';
import { ALLOCATOR_OPTIONS, nodeOptions } from '../stack/service';

const SCRIPTS = join(__dirname, '..', '..');
const SHIPPED = ['deploy.sh', 'destroy.sh', 'deploy-commands.sh', 'deploy-checks.sh', 'smoke-tenant.js'];
let dir: string;
let log: string;
const account = (file: string): string => join(dir, 'account', file);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-'));
  log = join(dir, 'log');
  for (const folder of ['bin', 'account', 'checkout/ecs', 'checkout/scripts', 'checkout/node_modules'])
    mkdirSync(join(dir, folder), { recursive: true });
  for (const file of SHIPPED) cpSync(join(SCRIPTS, file), join(dir, 'checkout', 'scripts', file));
  writeFileSync(join(dir, 'checkout', 'scripts', 'smoke.sh'), 'echo "smoke.sh $*, key $SMOKE_KEY" >>"$LOG"\n');
  for (const tool of ['aws', 'docker', 'npx', 'npm', 'git', 'curl', 'sleep']) {
    writeFileSync(join(dir, 'bin', tool), STUB);
    chmodSync(join(dir, 'bin', tool), 0o755);
  }
  mkdirSync(join(dir, 'checkout', 'scripts', 'dist', 'models'), { recursive: true });
  writeFileSync(
    join(dir, 'checkout', 'scripts', 'dist', 'models', 'main.js'),
    `require('fs').appendFileSync(process.env.LOG, \`models \${process.env.STORAGE_URL}\\n\`)`,
  );
  writeFileSync(account('keys.json'), '{"tenants": [{"id": "lab-a", "keys": []}]}');
});

afterEach(() => rmSync(dir, { recursive: true }));

const environment = (more: Record<string, string> = {}): Record<string, string> => ({
  PATH: `${join(dir, 'bin')}:${join(process.execPath, '..')}:/usr/bin:/bin`,
  LOG: log,
  ACCOUNT: join(dir, 'account'),
  AWS_REGION: 'eu-central-1',
  CERTIFICATE_ARN: 'arn:aws:acm:eu-central-1:123456789012:certificate/c',
  DOMAIN_NAME: 'cyto.example',
  ...more,
});

function run(script: string, ...args: string[]) {
  return runWith({}, script, ...args);
}

function runWith(
  more: Record<string, string>,
  script: string,
  ...args: string[]
): { status: number; shown: string; calls: string[] } {
  rmSync(log, { force: true });
  const finish = (status: number, shown: string) => ({
    status,
    shown,
    calls: existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [],
  });
  try {
    const child = execFileSync(
      'sh',
      ['-c', `sh ${join(dir, 'checkout', 'scripts', script)} "$@" 2>&1`, 'sh', ...args],
      { env: environment(more), encoding: 'utf8', stdio: 'pipe' },
    );
    return finish(0, child);
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    return finish(status, stdout);
  }
}

/** The first words of each call that changes something. */
const CHANGES =
  /^(npx cdk (?:bootstrap|deploy|destroy) \S+|docker login|docker buildx build|models \S+|aws secretsmanager put\S+|aws ecs (?:update|wait)\S*|aws cloudformation update\S+|aws elbv2 modify\S+|smoke\.sh \S+|aws s3api delete\S+)/;
const changes = (calls: string[]): string[] => calls.flatMap((call) => CHANGES.exec(call)?.[0] ?? []);

const WHOLE = [
  'npx cdk bootstrap aws://123456789012/eu-central-1',
  'npx cdk deploy cytoqueue-production-foundation',
  'docker login',
  'docker buildx build',
  'docker buildx build',
  'models s3://out-BucketName',
  'aws secretsmanager put-secret-value',
  'npx cdk deploy cytoqueue-production-services',
  'aws ecs wait',
  'smoke.sh https://cyto.example',
  'aws cloudformation update-termination-protection',
  'aws cloudformation update-termination-protection',
  'aws elbv2 modify-load-balancer-attributes',
];

describe('deploy.sh', () => {
  test('runs every step from the foundation to the smoke test in order, with images by digest', () => {
    const { status, shown, calls } = run('deploy.sh', 'production');
    expect({ status, changes: changes(calls) }).toEqual({ status: 0, changes: WHOLE });
    const services = calls.find((call) => call.startsWith('npx cdk deploy cytoqueue-production-services'));
    expect(services).toContain(`--parameters ApiImageDigest=${DIGEST} --parameters WorkerImageDigest=${DIGEST}`);
    const [build] = calls.filter((call) => call.startsWith('docker buildx build'));
    expect(build).toContain(`--tag out-ApiRepositoryUri:c0ffee-X86_64-${BASE} --push`);
    expect(build).toContain(
      `--sbom=true --file services/api/Dockerfile --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:${BASE}`,
    );
    expect(services).toContain(`--context nodeImage=sha256:${BASE}`);
    expect(calls.find((call) => call.startsWith('smoke.sh'))).toContain(
      'smoke.sh https://cyto.example cyto.example:443:out-LoadBalancerDnsName:443, key smoke-key',
    );
    expect(shown).toContain('address:   https://cyto.example');
    expect(shown).toContain('dashboard: out-DashboardUrl');
    expect(shown).not.toContain('smoke-key');
  });

  test('adds the hash of the smoke key once and keeps existing tenants', () => {
    run('deploy.sh', 'production');
    const { tenants } = JSON.parse(readFileSync(account('keys.json'), 'utf8')) as { tenants: { id: string }[] };
    expect(tenants.map(({ id }) => id)).toEqual(['lab-a', 'smoke']);
    expect(JSON.stringify(tenants)).not.toContain('smoke-key');
  });

  test('when run again, builds nothing, changes no key and runs the other steps', () => {
    run('deploy.sh', 'production');
    const { status, calls } = run('deploy.sh', 'production');
    expect(status).toBe(0);
    expect(changes(calls)).toEqual(
      WHOLE.filter((call) => call !== 'docker buildx build' && !call.includes('put-secret')),
    );
  });

  test.each(['docker buildx build', 'npx cdk deploy cytoqueue-production-services', 'aws ecs wait'])(
    'killed in %s it goes on where it was',
    async (hang) => {
      const child = spawn('sh', [join(dir, 'checkout', 'scripts', 'deploy.sh'), 'production'], {
        env: environment({ HANG: hang }),
        stdio: 'ignore',
        detached: true,
      });
      const ended = once(child, 'exit');
      await Promise.race([waitUntil('it hangs', () => existsSync(account('hanging'))), ended]);
      if (child.exitCode === null) process.kill(-child.pid!, 'SIGTERM');
      await ended;
      const { status, calls } = run('deploy.sh', 'production');
      expect(status).toBe(0);
      expect(changes(calls)).toContain('smoke.sh https://cyto.example');
      expect([
        existsSync(account('image-api')),
        existsSync(account('image-worker')),
        existsSync(account('services')),
      ]).toEqual([true, true, true]);
    },
  );

  test('with --dry-run prints every command and the differences, and changes nothing', () => {
    const { status, shown, calls } = run('deploy.sh', '--dry-run', 'production');
    expect({ status, changes: changes(calls) }).toEqual({ status: 0, changes: [] });
    expect(calls.filter((call) => call.startsWith('npx cdk diff')).map((call) => call.split(' ')[3])).toEqual([
      'cytoqueue-production-foundation',
      'cytoqueue-production-services',
    ]);
    expect(
      calls.filter((call) => call.startsWith('npx cdk diff')).every((call) => call.includes('--method=template')),
    ).toBe(true);
    for (const command of [
      'npx cdk bootstrap',
      'npx cdk deploy cytoqueue-production-foundation',
      'docker login',
      'put-secret-value',
      'models/main.js install',
      'aws ecs wait services-stable',
      'sh scripts/smoke.sh',
    ]) {
      expect(shown).toContain(command);
    }
    expect(shown.match(/\+ docker buildx build/g)).toHaveLength(2);
    // A fresh clone has no build with which to compare.
    const [build, diff] = ['npm run --silent build', 'npx cdk diff'].map((start) =>
      calls.findIndex((call) => call.startsWith(start)),
    );
    expect(build).toBeGreaterThanOrEqual(0);
    expect(build).toBeLessThan(diff!);
  });

  test.each([[[]], [['--dry-run']]])(
    'without a tool or its packages it stops at once and names what is missing: %j',
    (flags) => {
      for (const tool of ['bin/docker', 'checkout/node_modules']) rmSync(join(dir, tool), { recursive: true });
      // This machine's docker must not be found.
      for (const tool of ['sh', 'dirname', 'cat', 'cut', 'sed', 'grep', 'node'])
        symlinkSync(findExecutable(tool)!, join(dir, 'bin', tool));
      const { status, shown, calls } = runWith({ PATH: join(dir, 'bin') }, 'deploy.sh', ...flags, 'production');
      expect({ status, changes: changes(calls) }).toEqual({ status: 1, changes: [] });
      expect(shown).toContain('docker is not on PATH');
      expect(shown).toContain('npm ci');
    },
  );

  test.each([
    ['a build that fails', 'no-build', '', 'the build failed, and nothing was changed'],
    ['no credentials', 'no-credentials', '', 'Unable to locate credentials'],
    ['a region that is not enabled', 'no-region', '', 'not enabled'],
    ['a certificate that is not issued', 'certificate', 'PENDING_VALIDATION', 'PENDING_VALIDATION, not ISSUED'],
    ['no service-linked role', 'no-role', '', 'aws iam create-service-linked-role'],
    ['no emulation of ARM64', 'builder', 'Driver: docker-container\nPlatforms: linux/amd64', 'binfmt --install arm64'],
    [
      'a builder that cannot attach an SBOM',
      'builder',
      'Driver: docker\nPlatforms: linux/amd64, linux/arm64',
      'cannot attach an SBOM',
    ],
    ['too small a quota of vCPUs', 'vcpus', '6.0', 'may run 6 Fargate vCPUs; production begins with 8'],
    ['as many VPCs as there may be', 'vpcs', '5', 'has 5 VPCs and may have no more'],
  ])('changes nothing with %s and says what to do', (_, file, content, message) => {
    writeFileSync(account(file), content);
    const { status, shown, calls } = runWith({ CPU_ARCHITECTURE: 'ARM64' }, 'deploy.sh', 'production');
    expect({ status, changes: changes(calls) }).toEqual({ status: 1, changes: [] });
    expect(shown).toContain(message);
  });

  test.each([
    [
      { CERTIFICATE_ARN: 'arn:aws:acm:us-east-1:123456789012:certificate/c' },
      'the certificate is of the region us-east-1',
    ],
    [{ DOMAIN_NAME: 'other.example' }, 'not for other.example'],
  ])('changes nothing with %j', (more, message) => {
    const { status, shown, calls } = runWith(more, 'deploy.sh', 'production');
    expect({ status, changes: changes(calls) }).toEqual({ status: 1, changes: [] });
    expect(shown).toContain(message);
    expect(runWith({ DOMAIN_NAME: 'cyto.lab.example' }, 'deploy.sh', 'production').status).toBe(0);
  });

  test('keeps the options of an earlier deployment until other ones are given', () => {
    const kept = {
      CpuArchitecture: 'ARM64',
      AlarmEmail: 'ops@lab.example',
      DomainName: 'cyto.example',
      MonthlyBudgetUsd: '900',
      CertificateArn: 'arn:aws:acm:eu-central-1:1:certificate/kept',
    };
    for (const [name, value] of Object.entries(kept)) writeFileSync(account(`kept-${name}`), value);
    const services = (calls: string[]) =>
      calls.find((call) => call.startsWith('npx cdk deploy cytoqueue-production-services'))!;
    const again = services(runWith({ CERTIFICATE_ARN: '', DOMAIN_NAME: '' }, 'deploy.sh', 'production').calls);
    for (const part of [
      'cpuArchitecture=ARM64',
      'alarmEmail=ops@lab.example',
      'domainName=cyto.example',
      'monthlyBudgetUsd=900',
      'CertificateArn=arn:aws:acm:eu-central-1:1:certificate/kept',
      'protected=false',
    ])
      expect(again).toContain(part);
    writeFileSync(account('protected'), '');
    const changed = services(
      runWith({ ALARM_EMAIL: 'none', CPU_ARCHITECTURE: 'X86_64' }, 'deploy.sh', 'production').calls,
    );
    expect(changed).toContain('cpuArchitecture=X86_64 --context alarmEmail= --context');
    expect(changed).toContain('protected=true');
  });

  test('with --rebuild builds a commit again when its base image has changed, and then runs its newest image', () => {
    run('deploy.sh', 'production');
    const builds = (calls: string[]) => calls.filter((call) => call.startsWith('docker buildx build'));
    expect(builds(run('deploy.sh', '--rebuild', 'production').calls)).toEqual([]);
    writeFileSync(account('base'), 'c'.repeat(64));
    expect(builds(run('deploy.sh', 'production').calls)).toEqual([]);
    expect(builds(run('deploy.sh', '--rebuild', 'production').calls)[0]).toContain(
      `:c0ffee-X86_64-${'c'.repeat(64)} --push`,
    );
    const later = run('deploy.sh', 'production').calls.find((call) =>
      call.startsWith('npx cdk deploy cytoqueue-production-services'),
    );
    expect(later).toContain(`nodeImage=sha256:${'c'.repeat(64)}`);
  });

  test('returns to the previous images when a task is not ready, and enables protection only after a success', () => {
    writeFileSync(account('not-ready'), '');
    const first = run('deploy.sh', 'production');
    expect(first.status).toBe(1);
    expect(first.shown).toContain('No answer from: redis.');
    expect(first.shown).toContain('nothing to roll back to');
    expect(changes(first.calls).filter((call) => /smoke|protection/.test(call))).toEqual([]);
    for (const name of ['ApiImageDigest', 'WorkerImageDigest']) writeFileSync(account(`kept-${name}`), 'sha256:before');
    const { status, calls } = run('deploy.sh', 'production');
    const deployed = calls
      .filter((call) => call.startsWith('npx cdk deploy cytoqueue-production-services'))
      .map((call) => /ApiImageDigest=(\S+)/.exec(call)?.[1]);
    expect({ status, deployed }).toEqual({ status: 1, deployed: [DIGEST, 'sha256:before'] });
  });

  test.each([
    [['staging'], 'what is staging?'],
    [[], 'which environment?'],
  ])('refuses %j', (args, message) => {
    const { status, shown, calls } = run('deploy.sh', ...args);
    expect({ status, calls }).toEqual({ status: 1, calls: [] });
    expect(shown).toContain(message);
  });
});

test.each(['api', 'worker'])('every stage of the %s image is built on NODE_IMAGE', (service) => {
  const lines = readFileSync(join(SCRIPTS, '..', 'services', service, 'Dockerfile'), 'utf8').split('\n');
  expect(lines.find((line) => line.startsWith('ARG NODE_IMAGE'))).toBe('ARG NODE_IMAGE=node:24-bookworm-slim');
  expect(lines.filter((line) => line.startsWith('FROM')).every((line) => line.startsWith('FROM ${NODE_IMAGE}'))).toBe(
    true,
  );
});

test.each(['api', 'worker'] as const)('image and systemd unit of the %s start it as npm start does', (service) => {
  const read = (...path: string[]) => readFileSync(join(SCRIPTS, '..', ...path), 'utf8');
  const image = read('services', service, 'Dockerfile');
  const unit = read('packages/runtime/systemd', `cytoqueue-${service}.service`);
  const command = ['node', ...nodeOptions(service), `services/${service}/dist/main.js`];
  const [, entryPoint = ''] = /^ENTRYPOINT (\[.*\])$/m.exec(image) ?? [];
  expect(JSON.parse(entryPoint)).toEqual(command);
  expect(unit).toContain(`ExecStart=/usr/bin/${command.join(' ')}\n`);
  for (const [name, value] of Object.entries(ALLOCATOR_OPTIONS)) {
    expect(image).toContain(`\nENV ${name}=${value}\n`);
    expect(unit).toMatch(new RegExp(`^Environment=.*\\b${name}=${value}\\b`, 'm'));
  }
});

describe('destroy.sh', () => {
  test('deletes the services and keeps the data', () => {
    const { status, calls } = run('destroy.sh', '--yes', 'production');
    expect({ status, changes: changes(calls) }).toEqual({
      status: 0,
      changes: ['npx cdk destroy cytoqueue-production-services'],
    });
  });

  test('with --data empties the buckets first, and succeeds when everything is deleted already', () => {
    const { calls } = run('destroy.sh', '--yes', '--data', 'minimal');
    expect(changes(calls)).toEqual([
      'npx cdk destroy cytoqueue-minimal-services',
      'aws s3api delete-objects',
      'npx cdk destroy cytoqueue-minimal-foundation',
    ]);
    writeFileSync(account('gone'), '');
    const again = run('destroy.sh', '--yes', '--data', 'minimal');
    expect({ status: again.status, changes: changes(again.calls) }).toEqual({ status: 0, changes: [] });
  });

  test('refuses a protected environment, and a name that was not confirmed', () => {
    expect(changes(run('destroy.sh', 'production').calls)).toEqual([]);
    writeFileSync(account('protected'), '');
    const { status, shown, calls } = run('destroy.sh', '--yes', 'production');
    expect({ status, changes: changes(calls) }).toEqual({ status: 1, changes: [] });
    expect(shown).toContain('is protected');
  });
});
