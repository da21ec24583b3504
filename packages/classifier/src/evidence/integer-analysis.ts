import type { Label } from '@cytoqueue/schema';
import { classNames, type FlipEvidence, type RecordAnalysis } from './evidence';
import { FlipSearch } from './flip';
import { createGradeRule, type GradeRule } from './grade-rule';
import { createGradeSearch, type GradeSearch, type PackedMetric } from './grade-search';
import { findDistinctRows, RankedRows } from './ranked-rows';
import { type CooperativeGame, PartialDistanceGame } from './shapley';
import type { Model } from '../model/model';

/** Analysis of integer features (grades) that are compared without scaling. */
export class IntegerAnalysis implements RecordAnalysis {
  private readonly search: GradeSearch;
  private readonly rankedRows: RankedRows;
  private readonly rule: GradeRule;
  private readonly flips: FlipSearch;
  private readonly partialDistanceGame: PartialDistanceGame;
  private readonly scratch: Int32Array;
  private readonly deltas: Int32Array;

  constructor(
    private readonly model: Model,
    packedMetric: PackedMetric,
  ) {
    const rows = findDistinctRows(model.training);
    const { k, features } = model.file;
    this.search = createGradeSearch(k, packedMetric, arrayCount(features.length, packedMetric.maxGrade), rows.count);
    this.rankedRows = new RankedRows(rows, packedMetric, this.search);
    this.rule = createGradeRule(model.file, packedMetric, this.search.nearest);
    this.flips = new FlipSearch(this.rankedRows, this.rule);
    this.partialDistanceGame = new PartialDistanceGame(this.rankedRows, this.rule, this.search);
    this.scratch = this.search.allocateInt32(rows.count);
    this.deltas = this.search.allocateInt32(rows.count);
  }

  get allPlayerNames(): readonly string[] {
    return this.model.file.features;
  }

  setSample(sample: Float64Array): void {
    this.rankedRows.setSample(sample);
  }

  playerNames(): readonly string[] {
    return this.rankedRows.measured.map((feature) => this.model.file.features[feature]);
  }

  createGame(): CooperativeGame {
    return this.partialDistanceGame.start();
  }

  probabilityWith(features: readonly number[], values: readonly number[]): number {
    const { rankedRows, search, deltas, scratch, rule } = this;
    deltas.fill(0);
    features.forEach((feature, index) => {
      rankedRows.termsOf(rankedRows.columns[feature], values[index], scratch);
      search.add(deltas, scratch, deltas, deltas.length);
    });
    return rule.probability(rankedRows.packedDistances, deltas, rankedRows);
  }

  findFlip(label: Label, threshold: number): FlipEvidence | null {
    const flip = this.flips.find(this.rule.flipTarget(label, threshold));
    if (flip === undefined) return null;
    const { sample } = this.rankedRows;
    const changes = flip.changes.map(({ feature, to }) => ({
      feature: this.model.file.features[feature],
      from: sample[feature],
      to,
    }));
    return {
      changes,
      total_change: changes.reduce((total, { from, to }) => total + Math.abs(to - from), 0),
      predicted_class: classNames[label === 0 ? 1 : 0],
      probability_malignant: flip.probability,
    };
  }
}

/** Number of arrays that RankedRows, the grade changes (two each), the game and this analysis allocate. */
function arrayCount(features: number, maxGrade: number): number {
  return 3 + 2 * features + 2 * features * (maxGrade + 2) + (2 * features + 1) + 2;
}
