import { z } from 'zod';
import { modelComparison } from '../models/comparison-schema';
import { evidence, label } from './evidence-schema';
import { type ProblemType, problems } from './problem';

/** Schemas of the responses: the source of `/openapi.json`. The end-to-end tests check responses against them. */

export const timestamp = z.iso.datetime().meta({ description: 'RFC 3339, UTC' });
const text = z.string();
export const idempotencyKey = z
  .string()
  .max(255)
  .optional()
  .meta({ description: 'Repeating a request with the same key and payload returns the same resource' });
const count = z.int().min(0);

export const modelPin = z
  .strictObject({ name: text, version: text, digest: text.regex(/^sha256:[0-9a-f]{64}$/) })
  .meta({ id: 'ModelPin', description: 'The model version that was pinned when the request was accepted' });

const probability = z.number().min(0).max(1);
/** The probability of the positive class, under the name that its model's classes give it. */
export const probabilityFields = {
  probability_malignant: probability.optional().meta({ description: 'Of models of benign and malignant records' }),
  probability_positive: probability.optional().meta({ description: 'Of models with other classes' }),
  positive_class: text
    .optional()
    .meta({ description: 'The class that `probability_positive` is about; of models with other classes' }),
};
const featureValues = z
  .record(z.string(), z.number().nullable())
  .meta({ description: 'By canonical name; null = not measured' });

const neighbor = z
  .strictObject({
    training_row: z.int().min(1).meta({ description: '1-based data row of the training file' }),
    class: label,
    distance: z.number().min(0),
    features: featureValues,
  })
  .meta({ id: 'Neighbor' });

const predictionResult = z
  .strictObject({
    predicted_class: label,
    ...probabilityFields,
    operating_point: z.strictObject({ name: z.enum(['default', 'sensitivity99']), threshold: z.number() }),
    outcome: z.enum(['confident', 'indeterminate']),
    reasons: z.array(text).meta({ description: 'Why the result is indeterminate, in sentences; empty when confident' }),
    missing_features: z.array(text),
    neighbors: z.array(neighbor).meta({ description: 'The nearest training rows, nearest first' }),
    evidence,
  })
  .meta({ id: 'PredictionResult' });

export const prediction = z
  .strictObject({
    id: text,
    status: z.enum(['queued', 'processing', 'succeeded', 'failed', 'canceled']),
    created_at: timestamp,
    queue_position: z
      .int()
      .min(1)
      .nullable()
      .optional()
      .meta({ description: 'While queued: 1 = next; null when unknown' }),
    completed_at: timestamp.optional(),
    sample_id: text.optional(),
    model: modelPin,
    features: featureValues,
    result: predictionResult.optional(),
    error: z.strictObject({ code: text, detail: text }).optional(),
    links: z.strictObject({ self: text }),
  })
  .meta({ id: 'Prediction' });

export const acceptedPrediction = z
  .strictObject(prediction.pick({ id: true, status: true, created_at: true, links: true }).shape)
  .meta({
    id: 'AcceptedPrediction',
    description: 'The status is `queued`, or the current status when the request was repeated',
  });

const importReport = z
  .strictObject({
    container: z.enum(['csv', 'gzip', 'zip', 'xlsx', 'ods', 'jsonl', 'parquet']),
    encoding: text.nullable(),
    delimiter: text.nullable(),
    decimal: z.enum(['.', ',']),
    header_line: count.nullable(),
    sheet: text.nullable(),
    skipped_rows: z.strictObject({ empty: count, repeated_header: count, title: count, second_header: count }),
    repairs: z
      .array(z.strictObject({ code: text, detail: text }))
      .meta({ description: 'Changes made to read the file' }),
    canonical_sha256: text,
    profile: z.strictObject({ name: text, sha256: text }).nullable(),
  })
  .meta({ id: 'Import', description: 'How the file was read' });

const fileWarnings = z
  .array(
    z.strictObject({
      code: text,
      detail: text,
      row: count.optional(),
      line: count.optional(),
      column: text.optional(),
    }),
  )
  .meta({ description: 'The first hundred' });

const drift = z
  .strictObject({
    psi: z
      .record(text, z.number())
      .meta({ description: 'Population stability index by feature; above 0.25 the population differs' }),
    notes: z
      .array(z.strictObject({ code: text, features: z.array(text), text }))
      .meta({ description: 'The differences, in sentences' }),
  })
  .meta({
    id: 'Drift',
    description: 'How the values compare with the training data; absent for fewer than 100 rows',
    deprecated: true,
  });

export const fileDrift = z
  .strictObject({
    verdict: z.enum(['like_training', 'differs', 'unlike_training', 'too_few_rows']),
    columns: z
      .array(
        z.strictObject({
          column: text,
          cause: text.optional().meta({
            description:
              '`factor_ten`, `unit`, `magnification`, `logarithm`, `square_root`, `swapped`, `other_scale`, `constant` or `not_measured`; absent where nothing known explains it',
          }),
          effect_size: z.number().min(0).meta({
            description:
              'How far the values lie from where the training data have them, in standard deviations of the training data',
          }),
        }),
      )
      .meta({ description: 'The columns that differ, the most different first' }),
    psi: drift.shape.psi.optional(),
    notes: drift.shape.notes.optional(),
  })
  .meta({
    id: 'FileDrift',
    description:
      'Whether the values are distributed as the training data are, whatever the mix of classes; the model card defines the verdicts',
  });

const confusionMatrix = { true_positive: count, false_negative: count, true_negative: count, false_positive: count };

const agreement = z
  .strictObject({
    column: text.meta({ description: 'Name of the class column' }),
    ...confusionMatrix,
    confident: z.strictObject(confusionMatrix).meta({ description: 'Of the confident answers among them' }),
  })
  .meta({
    id: 'Agreement',
    description:
      'Scored rows by known and predicted class; malignant is positive. Rows whose class is spelled otherwise than the model declares (2 and 4, B and M, or the names) are not counted',
  });

export const batch = z
  .strictObject({
    id: text,
    status: z.enum([
      'queued',
      'processing',
      'finalizing',
      'succeeded',
      'completed_with_errors',
      'failed',
      'canceling',
      'canceled',
    ]),
    created_at: timestamp,
    completed_at: timestamp.optional(),
    filename: text.nullable(),
    model: modelPin,
    operating_point: z
      .enum(['default', 'sensitivity99'])
      .optional()
      .meta({ description: 'Absent when the description of the batch is damaged' }),
    counts: z.strictObject({ total: count, pending: count, succeeded: count, rejected: count, failed: count }),
    summary: z.strictObject({
      benign: count.optional().meta({ description: 'Of models of benign and malignant records' }),
      malignant: count.optional().meta({ description: 'Of models of benign and malignant records' }),
      indeterminate: count,
      missing_features: count,
      classes: z.record(text, count).meta({ description: "Scored rows by the model's labels" }),
      confident: z
        .record(text, count)
        .optional()
        .meta({ description: 'Confident rows by label: with `indeterminate` they add up to the scored rows' }),
      confident_benign: count
        .optional()
        .meta({ description: 'Absent, as is `confident`, if an earlier release has scored a part of the batch' }),
      confident_malignant: count.optional(),
      probability_histogram: z.array(count).length(10).optional(),
      drift: drift.optional(),
    }),
    drift: fileDrift.optional().meta({ description: 'For finished batches; absent for those of earlier releases' }),
    agreement: agreement
      .optional()
      .meta({ description: "For finished batches whose file has a column with the model's classes" }),
    progress: z.number().min(0).max(1),
    eta_seconds: z
      .number()
      .min(0)
      .nullable()
      .meta({ description: 'null while there is no throughput to estimate from' }),
    input_sha256: text,
    import: importReport.optional().meta({ description: 'Absent for batches of earlier releases' }),
    warnings: fileWarnings.optional(),
    warnings_total: count.optional(),
    error: z.strictObject({ code: text, detail: text }).optional().meta({
      description:
        'object-damaged: a stored document of the batch is damaged; the other members show what could be read. object-unreadable (in lists only): it cannot be read at the moment',
    }),
    rescores: z
      .strictObject({ batch_id: text, model: modelPin, operating_point: text, changed_rows: count.nullable() })
      .optional()
      .meta({ description: 'The batch that this one scores again; changed_rows is null until it is finished' }),
    links: z.strictObject({ self: text, results: text, errors: text, changes: text.optional() }),
  })
  .meta({ id: 'Batch' });

const perName = z.record(text, count);

const UNREAD = 'null where the file was refused before it was read to its end';

export const preflightReport = z
  .strictObject({
    filename: text.nullable(),
    model: modelPin,
    accepted: z.boolean().meta({ description: 'Whether an upload of the file would be accepted' }),
    problems: z
      .array(z.strictObject({ code: text, detail: text }))
      .meta({ description: 'What an upload would be refused with, or what would become of its batch' }),
    input_sha256: text.nullable().meta({ description: UNREAD }),
    bytes: count.nullable().meta({ description: UNREAD }),
    import: importReport.nullable().meta({ description: UNREAD }),
    warnings: fileWarnings,
    warnings_total: count,
    dialect: z
      .strictObject({ delimiter: text, line_end: text, bom: z.boolean() })
      .nullable()
      .meta({ description: UNREAD }),
    columns: z.array(
      z.strictObject({
        column: text,
        used_as: z.enum(['feature', 'label', 'id', 'carried']),
        feature: text.optional(),
        matched_by: text.optional(),
        suggestion: text.optional(),
      }),
    ),
    rows: z
      .strictObject({
        total: count,
        valid: count,
        rejected: count,
        with_missing_features: count,
        repeated: count,
      })
      .nullable()
      .meta({ description: UNREAD }),
    rejected_by_code: perName,
    errors: z
      .array(z.strictObject({ row: count, line: count.nullable(), code: text, detail: text }))
      .meta({ description: 'The first hundred' }),
    faults: z
      .array(z.strictObject({ code: text, detail: text, rows: count, first_row: count, first_line: count.nullable() }))
      .meta({ description: 'The most frequent errors, equal ones together' }),
    missing_by_feature: perName,
    drift: fileDrift,
    eta_seconds: z
      .number()
      .nullable()
      .meta({ description: 'Estimated scoring time at the recent throughput; null without recent throughput' }),
  })
  .meta({ id: 'Preflight' });

export const problemTypes = Object.keys(problems) as ProblemType[];

export const problem = z
  .object({
    type: z.enum(problemTypes.map((name) => `urn:cytoqueue:problem:${name}` as const)),
    title: text,
    status: z.int(),
    detail: text,
    request_id: text,
    errors: z
      .array(
        z.object({
          field: text.optional(),
          row: count.optional(),
          line: count.optional(),
          column: text.optional(),
          code: text,
          detail: text,
          received: z.unknown().optional(),
          sheets: z.array(text).optional(),
        }),
      )
      .optional(),
    total_errors: count.optional(),
    warnings: fileWarnings.optional(),
    warnings_total: count.optional(),
    comparison: modelComparison.optional().meta({ description: 'With lower-sensitivity' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

export function page<T extends z.ZodType>(item: T) {
  return z.strictObject({ data: z.array(item), has_more: z.boolean(), last_id: z.string().nullable() });
}
