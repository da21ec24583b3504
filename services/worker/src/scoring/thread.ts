import { Classifier } from '@cytoqueue/classifier';
import type { ShardObject } from '@cytoqueue/storage';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { RowExplainer } from './explain-row';
import { scoreShard, writeFailedShard } from './score-shard';
import type { ShardTask, TaskModel } from './shard-task';

/** Loaded models of this thread, by digest. */
const classifiers = new Map<string, Classifier>();
const explainers = new Map<string, RowExplainer>();

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

/** Entry of a scoring thread. The answer's buffers are moved back, not copied. */
export default function run({ kind, task }: { kind: 'score' | 'fail'; task: ShardTask }): unknown {
  const classifier = classifierFor(task.model);
  const previous = task.previous && classifierFor(task.previous.model);
  const explainer = task.options.explain ? explainerFor(classifier) : undefined;
  const object: ShardObject =
    kind === 'score' ? scoreShard(classifier, task, previous, explainer) : writeFailedShard(classifier, task, explainer);
  const buffers = [object.results.buffer, object.errors.buffer, object.changes.buffer];
  return move({ [transferableSymbol]: buffers, [valueSymbol]: object });
}
