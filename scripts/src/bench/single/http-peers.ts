import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '@cytoqueue/runtime';
import { findFreePort } from '../../stack/free-port';
import type { Environment } from '../../stack/launch';
import { serviceNode } from '../../stack/service-node';
import { SCRIPTS, TRAINING } from '../python';
import { ApiConnection } from '../service/api-connection';
import type { RecordService } from './record-service';

/** Peers in Python that answer single records over HTTP, and the modules that they need. */
export const PYTHON_PEERS = {
  flask_sklearn: 'flask, gunicorn, pandas, sklearn',
  celery_sklearn: 'celery, flask, gunicorn, pandas, redis, sklearn',
} as const;
export type HttpPeerName = keyof typeof PYTHON_PEERS | 'plain_node';

/** Loading scikit-learn takes a minute on a busy machine. */
const START_DEADLINE_MS = 300_000;
/** More threads than one per process would compete for the processors. */
const ONE_THREAD = { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
const START_POLL_MS = 100;
const RESULT_POLL_MS = 1;
const PLAIN_SERVICE = join(__dirname, 'plain-service.js');
const GUNICORN = ['-m', 'gunicorn', '-k', 'gthread', '--keep-alive', '30', '--timeout', '300', '--log-level', 'error'];

interface PeerOptions {
  readonly name: HttpPeerName;
  readonly python: string;
  readonly environment: Environment;
}

/** Runs `use` against a peer that has answered `body`. */
export async function withHttpPeer<T>(
  options: PeerOptions,
  body: string,
  use: (peer: RecordService) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'cytoqueue-bench-peer-'));
  const port = await findFreePort();
  const connection = new ApiConnection(`http://127.0.0.1:${port}`, '');
  const children = await startPeer(options, port, folder);
  try {
    const peer = toRecordService(options.name, connection);
    await untilAnswered(peer, body);
    return await use(peer);
  } finally {
    connection.close();
    await Promise.all(children.map(stop));
    await rm(folder, { recursive: true });
  }
}

async function startPeer(
  { name, python, environment }: PeerOptions,
  port: number,
  folder: string,
): Promise<ChildProcess[]> {
  const variables = { ...environment, ...ONE_THREAD, WBC: TRAINING };
  const start = (command: string, args: readonly string[], env: Environment) =>
    spawn(command, args, { cwd: SCRIPTS, env, stdio: 'ignore' }).on('error', () => undefined);
  const server = (workers: string, threads: string, env: Environment) =>
    start(python, [...GUNICORN, '-w', workers, '--threads', threads, '-b', `127.0.0.1:${port}`, `${name}:app`], env);
  if (name === 'flask_sklearn') return [server('2', '16', variables)];
  const [redisPort, store] = [await findFreePort(), join(folder, 'store')];
  await mkdir(store);
  const redisUrl = `redis://127.0.0.1:${redisPort}`;
  const redisOptions = `--port ${redisPort} --bind 127.0.0.1 --dir ${folder} --appendonly yes --save`.split(' ');
  const redis = start('redis-server', [...redisOptions, ''], environment);
  if (name === 'plain_node') {
    const node = serviceNode(loadConfig(environment).serviceNode);
    return [
      redis,
      start(node, [PLAIN_SERVICE, 'api', String(port), redisUrl, store], environment),
      start(node, [PLAIN_SERVICE, 'worker', redisUrl, store], environment),
    ];
  }
  const own = { ...variables, STORE: store, REDIS: redisUrl };
  return [
    redis,
    server('1', '32', own),
    start(python, ['-m', 'celery', '-A', `${name}:queue`, 'worker', '-c', '2', '--loglevel', 'ERROR'], own),
  ];
}

/** How each peer returns results: in the response, on request to wait, or to a client that polls. */
function toRecordService(name: HttpPeerName, connection: ApiConnection): RecordService {
  const accept = async (body: string) => (await connection.createPrediction(body)).id;
  const answer = async (body: string, waitSeconds = 0) =>
    (await connection.createPrediction(body, waitSeconds)).result?.probability_malignant ?? NaN;
  const isFinished = async (id: string) => (await connection.getPrediction(id)).status === 'succeeded';
  if (name === 'flask_sklearn') return { answer, isFinished, accept: async (body) => void (await answer(body)) };
  if (name === 'plain_node') return { answer, isFinished, accept };
  const answerByPolling = async (body: string) => {
    const id = await accept(body);
    while (!(await isFinished(id))) await sleep(RESULT_POLL_MS);
    return (await connection.getPrediction(id)).result?.probability_malignant ?? NaN;
  };
  return { answer: answerByPolling, isFinished, accept };
}

async function untilAnswered(peer: RecordService, body: string): Promise<void> {
  const endsAtMs = performance.now() + START_DEADLINE_MS;
  for (;;) {
    try {
      await peer.answer(body);
      return;
    } catch (error) {
      if (performance.now() > endsAtMs) throw new Error('a peer has not started', { cause: error });
      await sleep(START_POLL_MS);
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
