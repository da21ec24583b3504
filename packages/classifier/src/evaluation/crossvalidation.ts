import { type Candidate, scoreCandidate } from './candidate';
import { dealFolds } from './folds';
import { createRandom } from './random';
import { measureSpace, type Space } from './spaces';
import { type EvaluationData, type Split, type SplitView, viewSplit } from './splitview';

export interface CrossValidationOptions {
  readonly folds: number;
  readonly repetitions: number;
  readonly seed: number;
  /** Sets of candidates among which to choose within each split. */
  readonly families?: readonly ((candidate: Candidate) => boolean)[];
  /** Called after each fold with the share that is done. */
  readonly onProgress?: (done: number) => void;
}

/** Out-of-fold answers of one candidate: per repetition, one entry per row. */
export interface Answers {
  readonly candidate: Candidate;
  readonly probabilities: readonly Float64Array[];
  /** Conformal p-values by class, where the candidate asks for them. */
  readonly pValues: readonly (readonly [benign: Float64Array, malignant: Float64Array])[];
}

/** What comes of leaving the choice to each split's known rows. */
export interface NestedAnswers {
  readonly probabilities: readonly Float64Array[];
  /** How often each candidate was chosen. */
  readonly chosen: ReadonlyMap<Candidate, number>;
}

export interface CrossValidation {
  readonly answers: readonly Answers[];
  /** By family, in the order asked for. */
  readonly nested: readonly NestedAnswers[];
}

/**
 * Repeated stratified cross-validation by group. Whatever is fitted, is fitted to the known rows of a fold alone: scaling,
 * ε, the calibration, and for `nested` the choice of the candidate, by the Brier score of known rows that were left out.
 */
export function crossValidate(data: EvaluationData, candidates: readonly Candidate[], options: CrossValidationOptions): CrossValidation {
  const { folds, repetitions, families = [], onProgress } = options;
  const answers = candidates.map((candidate) => createAnswers(candidate, repetitions, data.training.rows));
  const selections = families.map((family) => new Selection(answers.filter(({ candidate }) => family(candidate)), repetitions));
  const viewer = new SpaceViewer(data, Math.max(...candidates.map(({ k }) => k)));
  let foldsDone = 0;
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const split of dealSplits(data, options, repetition)) {
      const knownBriers = answerSplit(answers, viewer, split, repetition);
      for (const selection of selections) selection.choose(knownBriers, split, repetition);
      onProgress?.(++foldsDone / (repetitions * folds));
    }
  }
  return { answers, nested: selections };
}

/** The folds of one repetition, which depend on the seed and its number alone. */
export function dealSplits({ training, groups }: EvaluationData, { folds, seed }: Pick<CrossValidationOptions, 'folds' | 'seed'>, repetition: number): Split[] {
  const foldOfRow = dealFolds(training.labels, groups, folds, createRandom(seed * 1_000_003 + repetition));
  const allRows = groups.map((_, row) => row);
  return Array.from({ length: folds }, (_, fold) => ({
    known: allRows.filter((row) => foldOfRow[row] !== fold),
    asked: allRows.filter((row) => foldOfRow[row] === fold),
  }));
}

/** @returns each candidate's Brier score among the known rows */
function answerSplit(answers: readonly Answers[], viewer: SpaceViewer, split: Split, repetition: number): Map<Candidate, number> {
  const knownBriers = new Map<Candidate, number>();
  let [view, viewed]: [SplitView | undefined, Space | undefined] = [undefined, undefined];
  for (const { candidate, probabilities, pValues } of answers) {
    if (view === undefined || viewed !== candidate.space) [view, viewed] = [viewer.view(candidate.space, split), candidate.space];
    const score = scoreCandidate(candidate, view);
    knownBriers.set(candidate, score.knownBrier);
    split.asked.forEach((row, place) => {
      probabilities[repetition][row] = score.probabilities[place];
      if (score.pValues === undefined) return;
      pValues[repetition][0][row] = score.pValues[0][place];
      pValues[repetition][1][row] = score.pValues[1][place];
    });
  }
  return knownBriers;
}

/** The choice within one family, split by split. */
class Selection implements NestedAnswers {
  readonly probabilities: readonly Float64Array[];
  readonly chosen = new Map<Candidate, number>();

  constructor(
    private readonly family: readonly Answers[],
    repetitions: number,
  ) {
    const rows = family[0].probabilities[0].length;
    this.probabilities = Array.from({ length: repetitions }, () => new Float64Array(rows));
  }

  choose(knownBriers: ReadonlyMap<Candidate, number>, { asked }: Split, repetition: number): void {
    const brierOf = ({ candidate }: Answers) => knownBriers.get(candidate) || Infinity;
    const best = this.family.reduce((one, other) => (brierOf(other) < brierOf(one) ? other : one));
    for (const row of asked) this.probabilities[repetition][row] = best.probabilities[repetition][row];
    this.chosen.set(best.candidate, (this.chosen.get(best.candidate) ?? 0) + 1);
  }
}

/** Distances of raw values are the same in every fold and kept; scaled ones depend on the known rows. */
class SpaceViewer {
  private readonly raw = new Map<Space, Float64Array>();

  constructor(
    private readonly data: EvaluationData,
    private readonly most: number,
  ) {}

  view(space: Space, split: Split): SplitView {
    return viewSplit(this.distances(space, split), this.data, split, this.most);
  }

  private distances(space: Space, { known }: Split): Float64Array {
    const { training } = this.data;
    if (space.scaling !== 'raw') return measureSpace(space, training, known);
    let distances = this.raw.get(space);
    if (distances === undefined) {
      distances = measureSpace(space, training, known);
      this.raw.set(space, distances);
    }
    return distances;
  }
}

function createAnswers(candidate: Candidate, repetitions: number, rows: number): Answers {
  const column = () => new Float64Array(rows);
  const pairs = () => [column(), column()] as const;
  return {
    candidate,
    probabilities: Array.from({ length: repetitions }, column),
    pValues: candidate.conformal ? Array.from({ length: repetitions }, pairs) : [],
  };
}
