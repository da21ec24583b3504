import type { Model } from '../model/model';
import { describeDrift, type DriftNote } from './drift';
import { DriftJudge, type DriftVerdict } from './verdict';

const judges = new WeakMap<Model, DriftJudge>();

/** The judge of a model, made once: that takes some milliseconds. */
export function driftJudgeOf(model: Model): DriftJudge {
  let judge = judges.get(model);
  if (judge === undefined) judges.set(model, (judge = new DriftJudge(model)));
  return judge;
}

/** The verdict on a file, and for grades the stability index of each column, which earlier releases gave alone. */
export interface FileDrift extends DriftVerdict {
  readonly psi?: Readonly<Record<string, number>>;
  readonly notes?: readonly DriftNote[];
}

/** @param counts of a file, as `valueHistogram` of packages/samples gives them with this model's bins */
export function judgeDrift(counts: ArrayLike<number>, model: Model): FileDrift {
  const { psi, notes } = (counts.length === 0 ? undefined : describeDrift(counts, model)) ?? {};
  return { ...driftJudgeOf(model).judge(counts), ...(psi && { psi, notes }) };
}
