import type { ClassNames, Label, SchemaDefinition, ShippedSchemaId } from '@cytoqueue/schema';
import type { DriftLimits } from '../drift/drift-limits';
import type { NoveltyFile } from '../novelty/novelty-file';

export type MetricName = 'bray-curtis' | 'euclidean';

/**
 * How distances become a probability: `class-ratio` compares the mean distances to the k nearest rows of each class;
 * `votes` is the share of malignant rows among all rows at or within the k-th distance.
 */
export type RuleName = 'class-ratio' | 'votes';

export type OperatingPoint = 'default' | 'sensitivity99';

/** Named numbers, nested in groups. */
export interface MetricValues {
  readonly [name: string]: number | MetricValues;
}

/** A model as stored: self-contained JSON without time, path, host or patient id. */
export interface ModelFile {
  readonly format: 'cytoqueue-model';
  /**
   * 2 with `novelty` or `drift`, 3 with a schema of its own: an older release refuses the file instead of answering
   * without them.
   */
  readonly format_version: 1 | 2 | 3;
  /** `sha256:` and the hex SHA-256 of all bytes after the first line, which holds this digest. */
  readonly digest: string;
  readonly name: string;
  readonly version: string;
  /** The id of a shipped schema, or from format version 3 on the schema itself. */
  readonly schema: ShippedSchemaId | SchemaDefinition;
  readonly labels: ClassNames;
  /** Canonical names, in the order of a sample's values. */
  readonly features: readonly string[];
  readonly metric: MetricName;
  readonly rule: RuleName;
  readonly k: number;
  /** Each feature is compared as (value − center) / scale; null when raw values are compared. */
  readonly scaling: { readonly center: readonly number[]; readonly scale: readonly number[] } | null;
  /** Only with `class-ratio`: the ε of the score, and the logistic curve from score to probability. */
  readonly calibration: {
    readonly epsilon: number;
    readonly platt: { readonly slope: number; readonly intercept: number };
  } | null;
  /** A k-th distance above this is unusual. An exact fraction; for `euclidean` of the squared distance. */
  readonly alarm: { readonly numerator: number; readonly denominator: number };
  /** Smallest probability that is classified as positive. */
  readonly operating_points: Readonly<Record<OperatingPoint, number>>;
  /**
   * Only with `class-ratio`: leave-one-out nonconformity scores of the training rows by class, ascending; `benign` are
   * those of the negative class, whatever its name.
   */
  readonly conformal: { readonly benign: readonly number[]; readonly malignant: readonly number[] } | null;
  readonly training: {
    /** `sha256:` and the hex SHA-256 of the training file. */
    readonly data_digest: string;
    /** 1-based data rows of that file, ascending. */
    readonly rows: readonly number[];
    readonly labels: readonly Label[];
    /** Raw values, row-major rows × features. */
    readonly samples: readonly number[];
  };
  readonly evaluation: MetricValues;
  /**
   * How records unlike the training data are recognised beside `alarm`; absent from format version 1 and where the data
   * allow no such rule.
   */
  readonly novelty?: NoveltyFile;
  /**
   * How far files differ from the training data by chance; absent from format version 1 and where it was not measured.
   */
  readonly drift?: DriftLimits;
  readonly limits_of_use: readonly string[];
}

export type ModelFileErrorCode = 'not-a-model' | 'unsupported-version' | 'digest-mismatch' | 'malformed';

/** The bytes are not an intact model file. Permanent: replace the file. */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError';

  constructor(
    readonly code: ModelFileErrorCode,
    detail: string,
  ) {
    super(`${code}: ${detail}`);
  }
}
