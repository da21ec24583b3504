import { setPriority } from 'node:os';
import { Classifier } from '@cytoqueue/classifier';
import { ByteWriter } from '@cytoqueue/csv';
import { type ShardObject, encodeShardObject } from '@cytoqueue/records';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { PredictionCache } from './prediction-cache';
import { RowExplainer } from './row-explainer';
import { scoreShard, writeFailedShard } from './score-shard';
import type { ThreadResult, ThreadTask } from './pool';
import type { ShardTask, TaskModel } from './shard-task';

/** Lower priority than the main thread: a shard can wait, but renewing locks and scoring single records cannot. */
const BACKGROUND_PRIORITY = 5;
// On Linux 0 means the calling thread; elsewhere it means the process, whose main thread would lose priority too.
if (process.platform === 'linux') setPriority(0, BACKGROUND_PRIORITY);

/** Loaded models of this thread, by digest. */
const classifiers = new Map<string, Classifier>();
const explainers = new Map<string, RowExplainer>();
/** Result caches by model digest, operating point and delimiter, on which the cached text depends. */
const caches = new Map<string, PredictionCache>();
/** Output memory, overwritten by each shard. */
const results = new ByteWriter();
/** A full cache takes some 15 MB. */
const MAX_CACHES = 2;

function classifierFor({ digest, bytes }: TaskModel): Classifier {
  let classifier = classifiers.get(digest);
  if (classifier === undefined) classifiers.set(digest, (classifier = Classifier.load(bytes)));
  return classifier;
}

function explainerFor({ model }: Classifier): RowExplainer {
  let explainer = explainers.get(model.digest);
  if (explainer === undefined) explainers.set(model.digest, (explainer = new RowExplainer(model)));
  return explainer;
}

function cacheFor(classifier: Classifier, { options, dialect }: ShardTask): PredictionCache | undefined {
  if (!PredictionCache.supports(classifier)) return undefined;
  const key = [classifier.model.digest, options.operating_point, dialect.delimiter].join();
  let cache = caches.get(key);
  if (cache !== undefined) return cache;
  caches.set(key, (cache = new PredictionCache(classifier, options.operating_point)));
  if (caches.size > MAX_CACHES) caches.delete(caches.keys().next().value as string);
  return cache;
}

function score(classifier: Classifier, task: ShardTask, explainer: RowExplainer | undefined): ShardObject {
  const compared = task.compared && classifierFor(task.compared.model);
  try {
    return scoreShard(classifier, task, { compared, explainer, cache: cacheFor(classifier, task), results });
  } catch (error) {
    // After an error a cache may hold incomplete entries.
    caches.clear();
    throw error;
  }
}

/** Entry point of a scoring thread. Returns the encoded shard object; its memory is transferred to the caller, not copied. */
export default function run({ kind, task, output }: ThreadTask): unknown {
  const classifier = classifierFor(task.model);
  const explainer = task.options.explain ? explainerFor(classifier) : undefined;
  const scored = kind === 'score' ? score(classifier, task, explainer) : writeFailedShard(classifier, task, explainer);
  const object = encodeShardObject(scored, { key: task.key, buffer: output }) as Uint8Array<ArrayBuffer>;
  const input = task.bytes.buffer as ArrayBuffer;
  const result: ThreadResult = { object, input };
  return move({ [transferableSymbol]: [object.buffer, input], [valueSymbol]: result });
}
