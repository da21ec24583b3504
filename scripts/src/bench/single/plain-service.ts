/*
 * A durable service of two processes without authentication, validation, quotas, logs, retries or recovery. It stores each
 * request and result in a synced file, passes ids through Redis and computes the same evidence as the product: about what
 * such a service costs without a journal. A peer of `npm run bench -- --only single`.
 *
 * node plain-service.js api PORT REDIS FOLDER
 * node plain-service.js worker REDIS FOLDER
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Explainer } from '@cytoqueue/classifier';
import { Redis } from 'ioredis';
import { shippedModel } from '../classifier/models';

const MODEL = 'wbc-knn';
const QUEUE = 'records';
const FINISHED = 'finished';
const { O_CREAT, O_DSYNC, O_EXCL, O_WRONLY } = constants;

/** Durable when it resolves: the file is synced, then its folder. */
async function store(folder: string, name: string, bytes: string | Buffer): Promise<void> {
  const temp = join(folder, `${name}.tmp`);
  const file = await open(temp, O_CREAT | O_EXCL | O_WRONLY | O_DSYNC);
  await file.write(bytes as string);
  await file.close();
  await rename(temp, join(folder, name));
  const directory = await open(folder);
  await directory.sync();
  await directory.close();
}

const requestName = (id: string) => `${id}.request.json`;
const resultName = (id: string) => `${id}.result.json`;

async function serve(port: number, redisUrl: string, folder: string): Promise<void> {
  const redis = new Redis(redisUrl);
  const subscriber = new Redis(redisUrl);
  const waiting = new Map<string, () => void>();
  await subscriber.subscribe(FINISHED);
  subscriber.on('message', (_channel, id) => waiting.get(id)?.());

  const accept = async (request: IncomingMessage): Promise<{ status: number; body: string | Buffer }> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const id = randomUUID();
    await store(folder, requestName(id), Buffer.concat(chunks));
    if (request.headers.prefer === undefined) {
      await redis.lpush(QUEUE, id);
      return { status: 202, body: JSON.stringify({ id }) };
    }
    const finished = new Promise<void>((resolve) => waiting.set(id, resolve));
    await redis.lpush(QUEUE, id);
    await finished;
    waiting.delete(id);
    return { status: 201, body: await readFile(join(folder, resultName(id))) };
  };
  const read = async (id: string): Promise<{ status: number; body: string | Buffer }> => {
    const body = await readFile(join(folder, resultName(id))).catch(() => '{"status":"queued"}');
    return { status: 200, body };
  };
  const server = createServer((request, response) => {
    const answering = request.method === 'POST' ? accept(request) : read(request.url?.split('/').at(-1) ?? '');
    answering.then(
      ({ status, body }) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
}

async function work(redisUrl: string, folder: string): Promise<void> {
  const explainer = new Explainer(shippedModel(MODEL));
  const { labels, features: fields } = explainer.model.schema;
  const redis = new Redis(redisUrl);
  const blocking = new Redis(redisUrl);

  const score = async (id: string): Promise<void> => {
    const request = JSON.parse(await readFile(join(folder, requestName(id)), 'utf8')) as {
      features: Record<string, number>;
    };
    const sample = fields.map(({ name }) => request.features[name] ?? NaN);
    const { prediction, evidence } = explainer.explain(sample);
    const result = {
      predicted_class: labels[prediction.label],
      probability_malignant: prediction.probability,
      neighbors: prediction.neighbors,
      evidence,
    };
    await store(folder, resultName(id), JSON.stringify({ id, status: 'succeeded', result }));
    await redis.publish(FINISHED, id);
  };
  for (;;) {
    const taken = await blocking.brpop(QUEUE, 0);
    if (taken !== null) void score(taken[1]);
  }
}

const [role, ...rest] = process.argv.slice(2);
if (role === 'api') void serve(Number(rest[0]), rest[1] ?? '', rest[2] ?? '');
else void work(rest[0] ?? '', rest[1] ?? '');
