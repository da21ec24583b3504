import { setPriority } from 'node:os';
import { Classifier } from '@cytoqueue/classifier';
import { ByteWriter } from '@cytoqueue/csv';
import { type ShardObject, encodeShardObject } from '@cytoqueue/storage';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { AnswerMemo } from './answer-memo';
import { RowExplainer } from './explain-row';
import { scoreShard, writeFailedShard } from './score-shard';
import type { ThreadAnswer, ThreadTask } from './pool';
import type { ShardTask, TaskModel } from './shard-task';

/** Below everything that answers somebody: a shard can wait, the thread that renews locks and scores single records cannot. */
const BACKGROUND = 5;
// On Linux 0 is the calling thread; elsewhere it is the process, and all of it would step back.
if (process.platform === 'linux') setPriority(0, BACKGROUND);

/** Loaded models of this thread, by digest. */
const classifiers = new Map<string, Classifier>();
const explainers = new Map<string, RowExplainer>();
/** By all that an answer's text depends on. */
const memos = new Map<string, AnswerMemo>();
/** Written anew by each shard. */
const results = new ByteWriter();
/** Some 15 MB each when they are full. */
const MOST_MEMOS = 2;

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

function memoFor(classifier: Classifier, { options, dialect }: ShardTask): AnswerMemo | undefined {
  if (!AnswerMemo.fits(classifier)) return undefined;
  const key = [classifier.model.digest, options.operating_point, dialect.delimiter].join();
  let memo = memos.get(key);
  if (memo !== undefined) return memo;
  memos.set(key, (memo = new AnswerMemo(classifier, options.operating_point)));
  if (memos.size > MOST_MEMOS) memos.delete(memos.keys().next().value as string);
  return memo;
}

function score(classifier: Classifier, task: ShardTask, explainer: RowExplainer | undefined): ShardObject {
  const previous = task.previous && classifierFor(task.previous.model);
  try {
    return scoreShard(classifier, task, { previous, explainer, memo: memoFor(classifier, task), results });
  } catch (error) {
    // A memo may hold half of what it was to learn.
    memos.clear();
    throw error;
  }
}

/** Entry of a scoring thread. The answer is the shard's object as it is to be stored, moved back, not copied. */
export default function run({ kind, task, into }: ThreadTask): unknown {
  const classifier = classifierFor(task.model);
  const explainer = task.options.explain ? explainerFor(classifier) : undefined;
  const scored = kind === 'score' ? score(classifier, task, explainer) : writeFailedShard(classifier, task, explainer);
  const object = encodeShardObject(scored, { key: task.key, into }) as Uint8Array<ArrayBuffer>;
  const input = task.bytes.buffer as ArrayBuffer;
  const answer: ThreadAnswer = { object, input };
  return move({ [transferableSymbol]: [object.buffer, input], [valueSymbol]: answer });
}
