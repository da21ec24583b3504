import {
  type Candidate,
  type FitOptions,
  type CandidateMetric,
  type CandidateScaling,
  type DistanceConfig,
  distanceConfigs,
} from '@cytoqueue/training';
import { type Schema, type SchemaId, schemas } from '@cytoqueue/schema';

/** A model that is made of a data set: how it is fitted, and the same as a candidate for evaluation. */
export interface Recipe {
  readonly name: string;
  /** One line for the card. */
  readonly summary: string;
  readonly fit: Pick<FitOptions, 'metric' | 'rule' | 'k' | 'scaling'>;
  readonly candidate: Candidate;
}

/** The first one is the data set's own model, others are there to compare. */
export function recipesFor(schemaId: SchemaId, name?: string): readonly Recipe[] {
  const own = name ?? `${schemaId}-knn`;
  const bySchema: Record<SchemaId, readonly Recipe[]> = {
    wbc: [ratioByBrayCurtis(own), votesByEuclid(`${own}-euclidean`)],
    wdbc: [ratioByScaledEuclid(own)],
  };
  return bySchema[schemaId];
}

export function schemaOf(id: string): Schema | undefined {
  return Object.values(schemas).find((schema) => schema.id === id);
}

function ratioByBrayCurtis(name: string): Recipe {
  return {
    name,
    summary:
      'Bray-Curtis distance, the 5 nearest rows of each class, calibrated logarithm of the ratio of their mean distances',
    fit: { metric: 'bray-curtis', rule: 'class-ratio', k: 5 },
    candidate: { space: spaceOf('bray-curtis', 'raw'), rule: 'class-ratio', k: 5, conformal: true },
  };
}

function votesByEuclid(name: string): Recipe {
  return {
    name,
    summary: 'Euclidean distance, the 5 nearest rows, every tie at the fifth distance votes: the baseline',
    fit: { metric: 'euclidean', rule: 'votes', k: 5 },
    candidate: { space: spaceOf('euclidean', 'raw'), rule: 'votes', k: 5 },
  };
}

function ratioByScaledEuclid(name: string): Recipe {
  return {
    name,
    summary:
      'Euclidean distance between z-scores, the 5 nearest rows of each class, calibrated logarithm of the ratio of their mean distances',
    fit: { metric: 'euclidean', rule: 'class-ratio', k: 5, scaling: 'z-score' },
    candidate: { space: spaceOf('euclidean', 'z-score'), rule: 'class-ratio', k: 5, conformal: true },
  };
}

/** The k-NN of every textbook, for comparisons. */
export const baselineCandidate: Candidate = votesByEuclid('baseline').candidate;

function spaceOf(metric: CandidateMetric, scaling: CandidateScaling): DistanceConfig {
  const space = distanceConfigs.find((one) => one.metric === metric && one.scaling === scaling);
  if (space === undefined) throw new RangeError(`${metric} distances of ${scaling} values are not compared`);
  return space;
}
