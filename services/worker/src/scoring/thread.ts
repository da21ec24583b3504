import { Classifier } from '@cytoqueue/classifier';
import type { ShardObject } from '@cytoqueue/storage';
import { move } from 'piscina';
import { scoreShard, writeFailedShard } from './score-shard';
import type { ShardTask } from './shard-task';

/** Loaded models of this thread, by digest. */
const classifiers = new Map<string, Classifier>();

function classifierFor({ digest, bytes }: ShardTask['model']): Classifier {
  let classifier = classifiers.get(digest);
  if (classifier === undefined) classifiers.set(digest, (classifier = Classifier.load(bytes)));
  return classifier;
}

/** Entry of a scoring thread. The answer's buffers are moved back, not copied. */
export default function run({ kind, task }: { kind: 'score' | 'fail'; task: ShardTask }): ShardObject {
  const classifier = classifierFor(task.model);
  const object = kind === 'score' ? scoreShard(classifier, task) : writeFailedShard(classifier, task);
  return { counts: object.counts, results: move(object.results) as Uint8Array, errors: move(object.errors) as Uint8Array };
}
