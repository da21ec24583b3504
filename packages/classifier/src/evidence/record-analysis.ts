import type { Label } from '@cytoqueue/schema';
import type { CooperativeGame } from './shapley/coalitions';
import type { FlipEvidence } from './evidence';

/** Questions about one sample at a time that take many predictions, by whatever is fastest for the model's features. */
export interface RecordAnalysis {
  setSample(sample: Float64Array): void;
  /** Measured features, or groups of them, as players: a coalition is worth the probability by the distance on it alone. */
  createGame(): CooperativeGame;
  /** By player. */
  playerNames(): readonly string[];
  /** Every name that any sample's players can have. */
  readonly allPlayerNames: readonly string[];
  /** Probability of malignancy if these unmeasured features had these values. */
  probabilityWith(features: readonly number[], values: readonly number[]): number;
  findFlip(label: Label, threshold: number): FlipEvidence | null;
}
