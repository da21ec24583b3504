import { hasGrades, type Label, probabilityName } from '@cytoqueue/schema';
import type { FeatureChange, FlipEvidence, RecordAnalysis } from './evidence';
import { gradesWasm } from '../kernel/wasm';
import { copyIntoMemory, instantiate, type WasmInstance } from '../kernel/wasm-instance';
import { createToProbability, type ToProbability } from '../knn/probability';
import { shapleyValues } from './shapley';
import type { Model, TrainingSet } from '../model/model';

/** Limits numerators and squares to less than 2¹⁴, and denominators to 200, as `assembly/grades-layout.ts` requires. */
const MAX_TOTAL_GRADES = 100;
const MAX_DENOMINATOR = 2 * MAX_TOTAL_GRADES;
/** 32-bit integers of a vector of the module. */
const LANES = 4;
/** The module reads rows by pairs of vectors. */
const PAIR_ROWS = 2 * LANES;
/** Must equal MAX_SELECTED in assembly/nearest-rows.ts. */
const MIN_LANE_VECTORS = 5;
/** Packed distance of padding rows: farther than every training row, as a fraction or a square. */
const PADDING_DISTANCE = 2 ** 14;
/** Relative tolerance: larger than all rounding between a distance and a probability. */
const ROUNDING = 1e-9;

/**
 * Whether `IntegerAnalysis` takes the model: it compares grades, few enough, and not scaled. All coalitions of the
 * features are scored and their scores kept, so time and memory double with each feature.
 * @param maxComparisons of coalitions with training rows
 */
export function canUseIntegerAnalysis({ file: { scaling }, schema, training }: Model, maxComparisons: number): boolean {
  const { features } = schema;
  return (
    scaling === null &&
    hasGrades(schema) &&
    features[0].max * features.length <= MAX_TOTAL_GRADES &&
    2 ** features.length * training.rows <= maxComparisons
  );
}

type SetPlayer = (player: number, feature: number, grade: number) => void;
type FindFlip = (isMalignant: number, limit: number, offset: number, votes: number) => number;

/**
 * Analysis of grades that are compared without scaling, in WebAssembly (`assembly/grades.ts`). Distances are exact
 * fractions or squares there; the model's rule is applied here, so that probabilities equal the classifier's.
 */
export class IntegerAnalysis implements RecordAnalysis {
  private readonly wasm: WasmInstance;
  private readonly toProbability: ToProbability;
  private readonly maxGrade: number;
  private readonly benignScores: Float64Array;
  private readonly malignantScores: Float64Array;
  private readonly setPlayer: SetPlayer;
  private readonly findFirstFlip: FindFlip;
  private readonly addFeature: (feature: number, grade: number) => void;
  private sample: Float64Array = new Float64Array(0);
  /** Indexes of the measured features. */
  private measured: number[] = [];
  /** State of the flip search: the class to leave, its threshold, and the probability of the change tried last. */
  private flip = { label: 0, threshold: 0.5, probability: 0 };

  /** @throws Error on machines whose WebAssembly has no SIMD */
  constructor(private readonly model: Model) {
    const wasm = instantiate(gradesWasm, { 'grades-flip': { isFlip: this.isFlip.bind(this) } });
    if (wasm === null) throw new Error('evidence needs WebAssembly SIMD, which this machine or Node.js does not have');
    const { file, schema, training } = model;
    const features = file.features.length;
    this.wasm = wasm;
    this.toProbability = createToProbability(file);
    this.maxGrade = Math.max(...schema.features.map(({ max }) => max));
    this.setPlayer = wasm.func<SetPlayer>('setPlayer');
    this.findFirstFlip = wasm.func<FindFlip>('findFlip');
    this.addFeature = wasm.func('addFeature');
    const isRatio = file.metric === 'bray-curtis';
    const isVotes = file.rule === 'votes';
    // More than k equal rows of a class count only where all rows within a distance vote.
    const [benign, malignant] = ([0, 1] as const).map((label) =>
      rowsOfClass(training, label, isVotes ? Infinity : file.k),
    );
    const benignEnd = padded(benign.length);
    const rows = benignEnd + padded(malignant.length);
    const settings = {
      k: file.k,
      isRatio: isRatio ? 1 : 0,
      isVotes: isVotes ? 1 : 0,
      maxGrade: this.maxGrade,
      rows,
      benignEnd,
      benignCount: benign.length,
      malignantCount: malignant.length,
    };
    for (const [name, value] of Object.entries(settings)) wasm.set(name, value);
    const trainingRows = Array.from({ length: rows }, (_, index) =>
      index < benignEnd ? benign[index] : malignant[index - benignEnd],
    );
    const padding = Uint32Array.from(trainingRows, (row) => (row === undefined ? PADDING_DISTANCE : 0));
    const grades = this.maxGrade + 1;
    const ownRanks = Math.ceil(file.k / LANES) * LANES;
    // The comments of assembly/grades-layout.ts describe each array.
    const { benignScores, malignantScores } = copyIntoMemory(wasm, {
      padding,
      zeros: new Uint32Array(rows),
      terms: this.terms(trainingRows),
      changes: new Uint32Array(features * grades * rows),
      sums: new Uint32Array((features + 1) * rows),
      changed: new Uint32Array(rows),
      fractions: isRatio ? fractions() : new Uint16Array(0),
      features: new Uint32Array(features),
      grades: new Uint32Array(features),
      lanes: new Uint32Array(Math.max(file.k, MIN_LANE_VECTORS) * LANES),
      bestCases: new Float64Array(features ** 2),
      ownNearest: new Uint32Array(ownRanks),
      ownDistances: new Uint32Array(ownRanks),
      ownChanges: new Uint32Array(features * grades * ownRanks),
      benignScores: new Float64Array(2 ** features),
      malignantScores: new Float64Array(2 ** features),
    });
    this.benignScores = benignScores;
    this.malignantScores = malignantScores;
  }

  /** @param rows indexes of training rows; undefined for padding, which has no terms */
  private terms(rows: readonly (number | undefined)[]): Uint32Array {
    const { model, maxGrade } = this;
    const { featureCount, samples } = model.training;
    const isRatio = model.file.metric === 'bray-curtis';
    const terms = new Uint32Array(featureCount * (maxGrade + 1) * rows.length);
    let at = 0;
    for (let feature = 0; feature < featureCount; feature++) {
      for (let grade = 0; grade <= maxGrade; grade++) {
        for (const row of rows) {
          const trained = row === undefined ? 0 : samples[row * featureCount + feature];
          const own = row === undefined ? 0 : grade || trained;
          const difference = Math.abs(own - trained);
          terms[at++] = isRatio ? difference + (own + trained) * 2 ** 16 : difference ** 2;
        }
      }
    }
    return terms;
  }

  get allPlayerNames(): readonly string[] {
    return this.model.file.features;
  }

  playerNames(): readonly string[] {
    return this.measured.map((feature) => this.model.file.features[feature]);
  }

  /** @param sample grades, NaN where not measured: the module does not check them */
  setSample(sample: Float64Array): void {
    this.sample = sample;
    this.measured = [];
    for (let feature = 0; feature < sample.length; feature++) {
      if (Number.isNaN(sample[feature])) continue;
      this.setPlayer(this.measured.length, feature, sample[feature]);
      this.measured.push(feature);
    }
    this.wasm.set('players', this.measured.length);
    this.wasm.call('scoreCoalitions');
  }

  shapleyValues(emptyValue: number, probability: number) {
    const { toProbability, benignScores, malignantScores } = this;
    const values = new Float64Array(2 ** this.measured.length);
    values[0] = emptyValue;
    for (let coalition = 1; coalition < values.length - 1; coalition++)
      values[coalition] = toProbability(benignScores[coalition], malignantScores[coalition]);
    // Differs by rounding only; use the probability of predict, so that the contributions sum to it.
    values[values.length - 1] = probability;
    return { values: shapleyValues(values), isExact: true };
  }

  probabilityWith(features: readonly number[], values: readonly number[]): number {
    const { wasm, toProbability } = this;
    wasm.call('startChanged');
    features.forEach((feature, index) => this.addFeature(feature, values[index]));
    wasm.call('scoreChanged');
    return toProbability(wasm.get('benignScore'), wasm.get('malignantScore'));
  }

  findFlip(label: Label, threshold: number): FlipEvidence | null {
    this.flip = { label, threshold, probability: 0 };
    if (this.searchFlip(label, threshold) === 0) return null;
    const { model } = this;
    const changes = [this.foundChange('first')];
    const second = this.foundChange('second');
    if (second.feature !== changes[0].feature) changes.push(second);
    return {
      changes,
      total_change: changes.reduce((total, { from, to }) => total + Math.abs(to - from), 0),
      predicted_class: model.schema.labels[label === 0 ? 1 : 0],
      [probabilityName(model.schema)]: this.flip.probability,
    };
  }

  private foundChange(which: 'first' | 'second'): FeatureChange {
    const { wasm, measured, sample, model } = this;
    const feature = measured[wasm.get(`${which}Player`)];
    return { feature: model.file.features[feature], from: sample[feature], to: wasm.get(`${which}Grade`) };
  }

  private searchFlip(label: Label, threshold: number): number {
    const { calibration, k } = this.model.file;
    if (calibration === null) {
      // The fewest votes with which the other class can win, as at least k rows vote.
      const votes = label === 0 ? Math.ceil(threshold * k) : Math.floor((1 - threshold) * k) + 1;
      return this.findFirstFlip(label, 1, 0, Math.max(1, votes));
    }
    // The ratio of the mean distances plus ε at which the class changes; without a rising curve every change is scored.
    const { slope, intercept } = calibration.platt;
    const ratio = Math.exp((Math.log(threshold / (1 - threshold)) - intercept) / slope);
    const limit = slope > 0 ? (label === 0 ? 1 / ratio : ratio) * (1 + ROUNDING) : Infinity;
    return this.findFirstFlip(label, limit, calibration.epsilon, 0);
  }

  /** Called by the module for each change that its bounds do not rule out. */
  private isFlip(benignScore: number, malignantScore: number): number {
    const { flip } = this;
    flip.probability = this.toProbability(benignScore, malignantScore);
    return (flip.probability >= flip.threshold ? 1 : 0) === flip.label ? 0 : 1;
  }
}

/**
 * All fractions up to 1 that a distance may be, numerator + 256 × denominator, by quotient in units of 2⁻¹⁶, rounded as
 * `distanceOf` in assembly/nearest-rows.ts does. Different ones are more than one unit apart.
 */
function fractions(): Uint16Array {
  const byQuotient = new Uint16Array(2 ** 16 + 1);
  for (let denominator = 1; denominator <= MAX_DENOMINATOR; denominator++) {
    for (let numerator = 0; numerator <= denominator; numerator++) {
      const rounded = Math.fround(Math.fround(numerator / denominator) + 128) - 128;
      byQuotient[rounded * 2 ** 16] = numerator + 256 * denominator;
    }
  }
  return byQuotient;
}

/** Indexes of the training rows of a class, at most `limit` of those that are equal. */
function rowsOfClass({ rows, featureCount, samples, labels }: TrainingSet, label: Label, limit: number): number[] {
  const copies = new Map<string, number>();
  const selected: number[] = [];
  for (let row = 0; row < rows; row++) {
    if (labels[row] !== label) continue;
    const key = samples.subarray(row * featureCount, (row + 1) * featureCount).join();
    const copy = (copies.get(key) ?? 0) + 1;
    copies.set(key, copy);
    if (copy <= limit) selected.push(row);
  }
  return selected;
}

function padded(rows: number): number {
  return Math.ceil(rows / PAIR_ROWS) * PAIR_ROWS;
}
