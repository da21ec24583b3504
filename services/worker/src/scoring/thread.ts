import { Classifier } from '@cytoqueue/classifier';
import type { ShardObject } from '@cytoqueue/storage';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { scoreShard, writeFailedShard } from './score-shard';
import type { ShardTask, TaskModel } from './shard-task';

/** Loaded models of this thread, by digest. */
const classifiers = new Map<string, Classifier>();

function classifierFor({ digest, bytes }: TaskModel): Classifier {
  let classifier = classifiers.get(digest);
  if (classifier === undefined) classifiers.set(digest, (classifier = Classifier.load(bytes)));
  return classifier;
}

/** Entry of a scoring thread. The answer's buffers are moved back, not copied. */
export default function run({ kind, task }: { kind: 'score' | 'fail'; task: ShardTask }): unknown {
  const classifier = classifierFor(task.model);
  const previous = task.previous && classifierFor(task.previous.model);
  const object: ShardObject = kind === 'score' ? scoreShard(classifier, task, previous) : writeFailedShard(classifier, task);
  const buffers = [object.results.buffer, object.errors.buffer, object.changes.buffer];
  return move({ [transferableSymbol]: buffers, [valueSymbol]: object });
}
