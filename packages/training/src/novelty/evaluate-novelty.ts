import {
  Classifier,
  createPredictionColumns,
  isGreyZone,
  Novelty,
  parseModel,
  type PredictionColumns,
  serializeModel,
  createRandom,
} from '@cytoqueue/classifier';
import type { Schema } from '@cytoqueue/schema';
import { assignFolds } from '../evaluation/folds';
import { fit, type FitOptions } from '../fit';
import { createTrainingSet, groupById, type LabelledSample } from '../training-data';
import { NoveltyFit, type NoveltyOptions } from './fit-novelty';
import { type SimulatedShift, simulatedShifts } from './simulated-shifts';

/** Answers of one kind over all rows of a file, each given by a model that has not seen the row. */
export interface ShiftCounts {
  readonly confident: number;
  readonly confident_malignant: number;
  /** Confident and of the wrong class; where a shift makes another record of it, of another class than before. */
  readonly wrong: number;
  readonly missed_malignant: number;
}

export interface ShiftReport {
  readonly name: string;
  readonly tuned: boolean;
  readonly rows: number;
  /** By the distance to the k-th neighbour alone, as version 1.0.0 does. */
  readonly by_neighbors: ShiftCounts;
  /** With the rule that each fold chose among its own training rows. */
  readonly nested: ShiftCounts;
  /** At each strictness, the most lenient first. */
  readonly curve: readonly (ShiftCounts & { readonly quantile: number })[];
}

export interface NoveltyReport {
  readonly folds: number;
  readonly repetitions: number;
  /** Least share of confident answers to genuine records that a choice had to keep in its training rows. */
  readonly least_kept: number;
  /** How often each strictness was chosen. */
  readonly chosen: readonly {
    readonly quantile: number;
    readonly checks_magnification: boolean;
    readonly times: number;
  }[];
  readonly shifts: readonly ShiftReport[];
}

export interface NoveltyProtocol {
  readonly leastKept: number;
  readonly repetitions: number;
  readonly seed: number;
  readonly onProgress?: (done: number) => void;
}

const OUTER_FOLDS = 10;
const INNER_FOLDS = 5;
const quantiles = [0.995, 0.99, 0.985, 0.98, 0.975, 0.97, 0.96, 0.95, 0.9];
const candidates: readonly NoveltyOptions[] = [true, false].flatMap((checksMagnification) =>
  quantiles.map((quantile) => ({ quantile, checksMagnification })),
);

type ModelOptions = Omit<FitOptions, 'name' | 'version' | 'dataDigest' | 'limitsOfUse'>;

/**
 * Nested cross-validation by id: each outer fold chooses the strictness by simulated shifts of its training rows, in folds
 * of their own, and is then judged by shifted records that neither the model nor the choice has seen.
 */
export function evaluateNovelty(
  labelled: readonly LabelledSample[],
  options: ModelOptions,
  protocol: NoveltyProtocol,
): NoveltyReport {
  const shifts = simulatedShifts(options.schema);
  const tallies = shifts.map(() => ({
    byNeighbors: emptyTally(),
    nested: emptyTally(),
    curve: quantiles.map(emptyTally),
  }));
  const times = new Map<NoveltyOptions, number>();
  for (let repetition = 0; repetition < protocol.repetitions; repetition++) {
    const seed = protocol.seed * 1_000_003 + repetition;
    dealRows(labelled, options.schema, OUTER_FOLDS, seed).forEach(({ known, asked }, fold) => {
      const chosen = chooseNovelty(known, options, protocol.leastKept, seed);
      times.set(chosen, (times.get(chosen) ?? 0) + 1);
      const judge = new Judge(known, options);
      shifts.forEach((shift, index) => {
        const answers = judge.answer(asked, shift, seed);
        const tally = tallies[index];
        count(tally.byNeighbors, answers, () => false);
        count(tally.nested, answers, judge.unusual(answers, chosen));
        quantiles.forEach((quantile, place) =>
          count(
            tally.curve[place],
            answers,
            judge.unusual(answers, { quantile, checksMagnification: chosen.checksMagnification }),
          ),
        );
      });
      protocol.onProgress?.((repetition + (fold + 1) / OUTER_FOLDS) / protocol.repetitions);
    });
  }
  const mean = (tally: Tally) => tally.map((total) => total / protocol.repetitions) as unknown as Tally;
  return {
    folds: OUTER_FOLDS,
    repetitions: protocol.repetitions,
    least_kept: protocol.leastKept,
    chosen: [...times]
      .map(([{ quantile, checksMagnification }, many]) => ({
        quantile,
        checks_magnification: checksMagnification,
        times: many,
      }))
      .toSorted((a, b) => b.times - a.times),
    shifts: shifts.map(({ name, isTuned }, index) => ({
      name,
      tuned: isTuned,
      rows: labelled.length,
      by_neighbors: namesOf(mean(tallies[index].byNeighbors)),
      nested: namesOf(mean(tallies[index].nested)),
      curve: tallies[index].curve.map((tally, place) => ({ quantile: quantiles[place], ...namesOf(mean(tally)) })),
    })),
  };
}

/**
 * The rule that leaves the fewest confidently wrong answers to shifted records and keeps at least a share of the
 * confident answers to genuine ones; among equals the most lenient.
 */
export function chooseNovelty(
  labelled: readonly LabelledSample[],
  options: ModelOptions,
  leastKept: number,
  seed: number,
): NoveltyOptions {
  const shifts = simulatedShifts(options.schema).filter(({ isTuned, name }) => isTuned || name === 'genuine');
  const tallies = candidates.map(() => ({ before: emptyTally(), genuine: emptyTally(), shifted: emptyTally() }));
  for (const { known, asked } of dealRows(labelled, options.schema, INNER_FOLDS, seed)) {
    const judge = new Judge(known, options);
    for (const shift of shifts) {
      const answers = judge.answer(asked, shift, seed);
      candidates.forEach((candidate, index) => {
        const isGenuine = shift.name === 'genuine';
        if (isGenuine) count(tallies[index].before, answers, () => false);
        count(tallies[index][isGenuine ? 'genuine' : 'shifted'], answers, judge.unusual(answers, candidate));
      });
    }
  }
  const [CONFIDENT, WRONG] = [0, 2];
  const kept = tallies.map(({ before, genuine }) => genuine[CONFIDENT] / before[CONFIDENT]);
  const allowed = candidates.filter((_, index) => kept[index] >= leastKept);
  const wrong = (candidate: NoveltyOptions) => tallies[candidates.indexOf(candidate)].shifted[WRONG];
  const best = allowed.reduce<NoveltyOptions | undefined>(
    (one, other) => (one !== undefined && wrong(one) <= wrong(other) ? one : other),
    undefined,
  );
  return best ?? candidates[kept.indexOf(Math.max(...kept))];
}

/** Answers of a model of the known rows to shifted samples of others. */
interface ShiftedAnswers {
  readonly samples: Float64Array;
  readonly labels: readonly number[];
  readonly predictions: PredictionColumns;
}

class Judge {
  private readonly classifier: Classifier;
  private readonly noveltyFit: NoveltyFit;
  private readonly novelties = new Map<string, Novelty>();

  constructor(known: readonly LabelledSample[], options: ModelOptions) {
    const file = fit(known, { ...options, name: 'fold', version: '0.0.0', dataDigest: '', limitsOfUse: [] });
    this.classifier = new Classifier(parseModel(serializeModel(file)));
    this.noveltyFit = new NoveltyFit(createTrainingSet(known, options.schema), groupById(known), options.schema);
  }

  answer(asked: readonly LabelledSample[], { apply }: SimulatedShift, seed: number): ShiftedAnswers {
    const random = createRandom(seed);
    const samples = Float64Array.from(
      asked.flatMap(({ sample }) => Array.from(apply(Float64Array.from(sample), random))),
    );
    const predictions = createPredictionColumns(asked.length);
    this.classifier.predictInto(samples, asked.length, predictions);
    return { samples, labels: asked.map(({ label }) => label), predictions };
  }

  unusual({ samples, predictions }: ShiftedAnswers, strictness: NoveltyOptions): (row: number) => boolean {
    const key = JSON.stringify(strictness);
    let novelty = this.novelties.get(key);
    if (novelty === undefined) this.novelties.set(key, (novelty = new Novelty(this.noveltyFit.at(strictness))));
    const { featureCount } = this.classifier.model.training;
    return (row) => novelty.isNovel(samples, row * featureCount, predictions.probability[row]);
  }
}

/** Confident, of them malignant, wrong, missed malignant. */
type Tally = [number, number, number, number];

function emptyTally(): Tally {
  return [0, 0, 0, 0];
}

function count(tally: Tally, { labels, predictions }: ShiftedAnswers, isNovel: (row: number) => boolean): void {
  labels.forEach((label, row) => {
    const isConfident =
      predictions.reasonFlags[row] === 0 && !isGreyZone(predictions.probability[row]) && !isNovel(row);
    if (!isConfident) return;
    const isWrong = predictions.label[row] !== label;
    tally[0]++;
    tally[1] += label;
    if (isWrong) tally[2]++;
    if (isWrong && label === 1) tally[3]++;
  });
}

function namesOf([confident, confident_malignant, wrong, missed_malignant]: Tally): ShiftCounts {
  return { confident, confident_malignant, wrong, missed_malignant };
}

function dealRows(labelled: readonly LabelledSample[], schema: Schema, folds: number, seed: number) {
  const foldOfRow = assignFolds(
    createTrainingSet(labelled, schema).labels,
    groupById(labelled),
    folds,
    createRandom(seed),
  );
  return Array.from({ length: folds }, (_, fold) => ({
    known: labelled.filter((__, row) => foldOfRow[row] !== fold),
    asked: labelled.filter((__, row) => foldOfRow[row] === fold),
  }));
}
