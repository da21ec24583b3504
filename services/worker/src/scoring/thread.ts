import { setPriority } from 'node:os';
import type { Classifier } from '@cytoqueue/classifier';
import { ByteWriter } from '@cytoqueue/csv';
import { SHARD_HEADER_MAX_BYTES, type ShardObject, encodeShardObject } from '@cytoqueue/records';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { LoadedModels } from './loaded-models';
import type { RowExplainer } from './row-explainer';
import { scoreShard, writeFailedShard } from './score-shard';
import type { ThreadResult, ThreadTask } from './pool';
import type { ShardTask } from './shard-task';

/** Lower priority than the main thread: a shard can wait, but renewing locks and scoring single records cannot. */
const BACKGROUND_PRIORITY = 10;
// On Linux 0 means the calling thread; elsewhere it means the process, whose main thread would lose priority too.
if (process.platform === 'linux') setPriority(0, BACKGROUND_PRIORITY);

const models = new LoadedModels();

function score(
  classifier: Classifier,
  task: ShardTask,
  output: ArrayBuffer,
  explainer: RowExplainer | undefined,
): ShardObject {
  // The results are written where they stand in the encoded object, after its header.
  const results = new ByteWriter(Buffer.from(output, SHARD_HEADER_MAX_BYTES));
  const comparedClassifier = task.comparedModel && models.classifierFor(task.comparedModel.model);
  try {
    return scoreShard(classifier, task, { comparedClassifier, explainer, cache: models.cacheFor(task), results });
  } catch (error) {
    // After an error a cache may hold incomplete entries.
    models.clearCaches();
    throw error;
  }
}

/**
 * Entry point of a scoring thread. Returns the encoded shard object and the input's memory for reuse; both are
 * transferred, not copied.
 */
export default function run({ kind, task, output }: ThreadTask): unknown {
  const classifier = models.classifierFor(task.model);
  const explainer = task.options.explain ? models.explainerFor(task.model) : undefined;
  const scored =
    kind === 'score' ? score(classifier, task, output, explainer) : writeFailedShard(classifier, task, explainer);
  const object = encodeShardObject(scored, { key: task.key, buffer: output }) as Uint8Array<ArrayBuffer>;
  const input = task.bytes.buffer as ArrayBuffer;
  const result: ThreadResult = { object, input };
  return move({ [transferableSymbol]: [object.buffer, input], [valueSymbol]: result });
}
