import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../test/src/support/wait-until';

const SCRIPTS = join(__dirname, '..', '..');
const SHIPPED = ['deploy.sh', 'destroy.sh', 'deploy-commands.sh', 'smoke-tenant.js'];
const DIGEST = `sha256:${'a'.repeat(64)}`;

/**
 * In the place of each tool: writes down how it was called, what it was given on stdin where that matters, and answers from
 * files below `account/`, which stand for what is there. `HANG` is a command that does not come back.
 */
const STUB = `#!/bin/sh
name=\${0##*/}
echo "$name $*" >>"$LOG"
case "$name $*" in *"\${HANG:-no such command}"*) touch "$ACCOUNT/hanging"; exec sleep 600 ;; esac
case "$name $*" in
  'aws sts get-caller-identity'*) echo 123456789012 ;;
  'aws cloudformation describe-stacks'*TerminationProtection*) [ -e "$ACCOUNT/protected" ] && echo True || echo False ;;
  'aws cloudformation describe-stacks'*OutputKey*) echo "$*" | sed "s/.*OutputKey=='\\\\([A-Za-z]*\\\\)'.*/out-\\\\1/" ;;
  'aws cloudformation describe-stacks'*) [ ! -e "$ACCOUNT/gone" ] ;;
  'aws ecr describe-images'*) repository=$(echo "$*" | sed 's/.*production.\\([a-z]*\\) .*/\\1/'); [ -e "$ACCOUNT/image-$repository" ] && echo ${DIGEST} ;;
  'aws ecr get-login-password'*) echo password ;;
  'docker login'*) cat >/dev/null ;;
  'docker buildx'*) touch "$ACCOUNT/image-$(echo "$*" | sed 's#.*services/\\([a-z]*\\)/.*#\\1#')" ;;
  'aws secretsmanager get-secret-value'*Smoke*) echo smoke-key ;;
  'aws secretsmanager get-secret-value'*) cat "$ACCOUNT/keys.json" ;;
  'aws secretsmanager put-secret-value'*) cat >"$ACCOUNT/keys.json" ;;
  'aws ecs describe-services'*) [ -e "$ACCOUNT/services" ] && echo ACTIVE || exit 255 ;;
  'npx cdk deploy cytoqueue-production-services'*) touch "$ACCOUNT/services" ;;
  'aws s3api list-object-versions'*) [ -e "$ACCOUNT/emptied" ] && echo '{}' || echo '{"Objects": [{"Key": "k", "VersionId": "v"}]}' ;;
  'aws s3api delete-objects'*) touch "$ACCOUNT/emptied" ;;
  'git rev-parse HEAD') echo c0ffee ;;
  'git show'*) echo 2026-11-24T12:00:00Z ;;
esac
`;

let dir: string;
let log: string;
const account = (file: string): string => join(dir, 'account', file);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'deploy-'));
  log = join(dir, 'log');
  for (const folder of ['bin', 'account', 'checkout/ecs', 'checkout/scripts']) mkdirSync(join(dir, folder), { recursive: true });
  for (const file of SHIPPED) cpSync(join(SCRIPTS, file), join(dir, 'checkout', 'scripts', file));
  writeFileSync(join(dir, 'checkout', 'scripts', 'smoke.sh'), 'echo "smoke.sh $*, key $SMOKE_KEY" >>"$LOG"\n');
  for (const tool of ['aws', 'docker', 'npx', 'npm', 'git']) {
    writeFileSync(join(dir, 'bin', tool), STUB);
    chmodSync(join(dir, 'bin', tool), 0o755);
  }
  mkdirSync(join(dir, 'checkout', 'scripts', 'dist'));
  writeFileSync(join(dir, 'checkout', 'scripts', 'dist', 'models.js'), `require('fs').appendFileSync(process.env.LOG, \`models \${process.env.STORAGE_URL}\\n\`)`);
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

function run(script: string, ...args: string[]): { status: number; shown: string; calls: string[] } {
  rmSync(log, { force: true });
  const finish = (status: number, shown: string) => ({ status, shown, calls: existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [] });
  try {
    const child = execFileSync('sh', ['-c', `sh ${join(dir, 'checkout', 'scripts', script)} "$@" 2>&1`, 'sh', ...args], { env: environment(), encoding: 'utf8', stdio: 'pipe' });
    return finish(0, child);
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    return finish(status, stdout);
  }
}

/** The calls that change something, each by its first words. */
const CHANGES = /^(npx cdk \w+ \S+|docker (?:login|buildx)|models \S+|aws secretsmanager put\S+|aws ecs (?:update|wait)\S*|smoke\.sh \S+|aws s3api delete\S+)/;
const changes = (calls: string[]): string[] => calls.flatMap((call) => CHANGES.exec(call)?.[0] ?? []);

const WHOLE = [
  'npx cdk bootstrap aws://123456789012/eu-central-1',
  'npx cdk deploy cytoqueue-production-foundation',
  'docker login',
  'docker buildx',
  'docker buildx',
  'models s3://out-BucketName',
  'aws secretsmanager put-secret-value',
  'npx cdk deploy cytoqueue-production-services',
  'aws ecs wait',
  'smoke.sh https://cyto.example',
];

describe('deploy.sh', () => {
  test('goes from the foundation to the smoke test, in order, by digest', () => {
    const { status, shown, calls } = run('deploy.sh', 'production');
    expect({ status, changes: changes(calls) }).toEqual({ status: 0, changes: WHOLE });
    const services = calls.find((call) => call.startsWith('npx cdk deploy cytoqueue-production-services'));
    expect(services).toContain(`--parameters ApiImageDigest=${DIGEST} --parameters WorkerImageDigest=${DIGEST}`);
    expect(calls.filter((call) => call.startsWith('docker buildx'))[0]).toContain('--tag out-ApiRepositoryUri:c0ffee-X86_64 --push');
    expect(calls.at(-2)).toContain('smoke.sh https://cyto.example cyto.example:443:out-LoadBalancerDnsName:443, key smoke-key');
    expect(shown).toContain('address:   https://cyto.example');
    expect(shown).toContain('dashboard: out-DashboardUrl');
    expect(shown).not.toContain('smoke-key');
  });

  test('gives the API the hash of the smoke key, once, and leaves the tenants that are there', () => {
    run('deploy.sh', 'production');
    const { tenants } = JSON.parse(readFileSync(account('keys.json'), 'utf8')) as { tenants: { id: string }[] };
    expect(tenants.map(({ id }) => id)).toEqual(['lab-a', 'smoke']);
    expect(JSON.stringify(tenants)).not.toContain('smoke-key');
  });

  test('again builds nothing, changes no key and does the rest', () => {
    run('deploy.sh', 'production');
    const { status, calls } = run('deploy.sh', 'production');
    expect(status).toBe(0);
    expect(changes(calls)).toEqual(WHOLE.filter((call) => call !== 'docker buildx' && !call.includes('put-secret')));
  });

  test.each(['docker buildx', 'npx cdk deploy cytoqueue-production-services', 'aws ecs wait'])('killed in %s it goes on where it was', async (hang) => {
    const child = spawn('sh', [join(dir, 'checkout', 'scripts', 'deploy.sh'), 'production'], { env: environment({ HANG: hang }), stdio: 'ignore', detached: true });
    const ended = once(child, 'exit');
    await Promise.race([waitUntil('it hangs', () => existsSync(account('hanging'))), ended]);
    if (child.exitCode === null) process.kill(-child.pid!, 'SIGTERM');
    await ended;
    const { status, calls } = run('deploy.sh', 'production');
    expect(status).toBe(0);
    expect(changes(calls).at(-1)).toBe('smoke.sh https://cyto.example');
    expect([existsSync(account('image-api')), existsSync(account('image-worker')), existsSync(account('services'))]).toEqual([true, true, true]);
  });

  test('with --dry-run shows every command and runs none', () => {
    const { status, shown, calls } = run('deploy.sh', '--dry-run', 'production');
    expect(status).toBe(0);
    expect(calls.filter((call) => !call.startsWith('git '))).toEqual([]);
    for (const command of ['npx cdk bootstrap', 'npx cdk deploy cytoqueue-production-foundation', 'docker login', 'put-secret-value', 'models.js list', 'aws ecs wait services-stable', 'sh scripts/smoke.sh']) {
      expect(shown).toContain(command);
    }
    expect(shown.match(/\+ docker buildx build/g)).toHaveLength(2);
  });

  test.each([[['staging'], 'what is staging?'], [[], 'which environment?']])('refuses %j', (args, message) => {
    const { status, shown, calls } = run('deploy.sh', ...args);
    expect({ status, calls }).toEqual({ status: 1, calls: [] });
    expect(shown).toContain(message);
  });
});

describe('destroy.sh', () => {
  test('deletes the services and keeps the data', () => {
    const { status, calls } = run('destroy.sh', '--yes', 'production');
    expect({ status, changes: changes(calls) }).toEqual({ status: 0, changes: ['npx cdk destroy cytoqueue-production-services'] });
  });

  test('with --data empties the buckets first, and is content when all is gone already', () => {
    const { calls } = run('destroy.sh', '--yes', '--data', 'minimal');
    expect(changes(calls)).toEqual(['npx cdk destroy cytoqueue-minimal-services', 'aws s3api delete-objects', 'npx cdk destroy cytoqueue-minimal-foundation']);
    writeFileSync(account('gone'), '');
    const again = run('destroy.sh', '--yes', '--data', 'minimal');
    expect({ status: again.status, changes: changes(again.calls) }).toEqual({ status: 0, changes: [] });
  });

  test('refuses what is protected, and a name that is not typed', () => {
    expect(changes(run('destroy.sh', 'production').calls)).toEqual([]);
    writeFileSync(account('protected'), '');
    const { status, shown, calls } = run('destroy.sh', '--yes', 'production');
    expect({ status, changes: changes(calls) }).toEqual({ status: 1, changes: [] });
    expect(shown).toContain('is protected');
  });
});
