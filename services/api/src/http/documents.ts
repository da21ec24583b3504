import { z } from 'zod';
import { problems } from './problem';

/** The JSON that goes out, as schemas: the source of `/openapi.json`, and what the end-to-end tests hold answers against. */

export const timestamp = z.iso.datetime().meta({ description: 'RFC 3339, UTC' });
const text = z.string();
export const idempotencyKey = z.string().max(255).optional().meta({ description: 'The same key and payload again: the same resource' });
const count = z.int().min(0);

export const modelPin = z
  .strictObject({ name: text, version: text, digest: text.regex(/^sha256:[0-9a-f]{64}$/) })
  .meta({ id: 'ModelPin', description: 'The one model version that was fixed when the request was accepted' });

const label = z.enum(['benign', 'malignant']);
const featureValues = z.record(z.string(), z.number().nullable()).meta({ description: 'By canonical name; null = not measured' });

export const neighbor = z
  .strictObject({
    training_row: z.int().min(1).meta({ description: '1-based data row of the training file' }),
    class: label,
    distance: z.number().min(0),
    features: featureValues,
  })
  .meta({ id: 'Neighbor' });

const perFeature = z.record(text, z.number());

const evidence = z
  .strictObject({
    conformal: z
      .strictObject({ level: z.number(), p_values: z.strictObject({ benign: z.number(), malignant: z.number() }), set: z.array(label) })
      .nullable()
      .meta({ description: 'The classes that the record is not too odd for; null for models without a calibrated score' }),
    shapley: z
      .strictObject({ base: z.number(), values: perFeature })
      .meta({ description: 'What each feature adds; base and values add up to the probability of malignancy' }),
    missing: z
      .strictObject({
        method: z.enum(['exact', 'plausible']),
        features: z.array(text),
        combinations: count,
        can_flip: z.boolean(),
        probability_min: z.number(),
        probability_max: z.number(),
      })
      .nullable()
      .meta({ description: 'What the answer could have been, had the missing features been measured' }),
    flip: z
      .strictObject({
        changes: z.array(z.strictObject({ feature: text, from: z.number(), to: z.number() })),
        total_change: z.number(),
        predicted_class: label,
        probability_malignant: z.number(),
      })
      .nullable()
      .meta({ description: 'The smallest change of one or two features that gives the other class' }),
  })
  .meta({ id: 'Evidence' });

const predictionResult = z
  .strictObject({
    predicted_class: label,
    probability_malignant: z.number().min(0).max(1),
    operating_point: z.strictObject({ name: z.enum(['default', 'sensitivity99']), threshold: z.number() }),
    outcome: z.enum(['confident', 'indeterminate']),
    reasons: z.array(text).meta({ description: 'Why indeterminate, in sentences; empty when confident' }),
    missing_features: z.array(text),
    neighbors: z.array(neighbor).meta({ description: 'The nearest training cases, nearest first' }),
    evidence,
  })
  .meta({ id: 'PredictionResult' });

export const prediction = z
  .strictObject({
    id: text,
    status: z.enum(['queued', 'processing', 'succeeded', 'failed', 'canceled']),
    created_at: timestamp,
    queue_position: z.int().min(1).nullable().optional().meta({ description: 'While queued: 1 = next; null when unknown' }),
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
  .meta({ id: 'AcceptedPrediction', description: 'The status is `queued`, or what it has become when the request is a repeated one' });

const drift = z
  .strictObject({
    psi: z.record(text, z.number()).meta({ description: 'Population stability index by feature; above .25 another population' }),
    notes: z.array(z.strictObject({ code: text, features: z.array(text), text })).meta({ description: 'What is odd, in words' }),
  })
  .meta({ id: 'Drift', description: 'How the values compare with the training data; absent for fewer than 100 rows' });

export const batch = z
  .strictObject({
    id: text,
    status: z.enum(['queued', 'processing', 'finalizing', 'succeeded', 'completed_with_errors', 'failed', 'canceling', 'canceled']),
    created_at: timestamp,
    completed_at: timestamp.optional(),
    filename: text.nullable(),
    model: modelPin,
    counts: z.strictObject({ total: count, pending: count, succeeded: count, rejected: count, failed: count }),
    summary: z.strictObject({ benign: count, malignant: count, indeterminate: count, missing_features: count, drift: drift.optional() }),
    progress: z.number().min(0).max(1),
    eta_seconds: z.number().min(0).nullable().meta({ description: 'null until there is something to reckon from' }),
    input_sha256: text,
    error: z
      .strictObject({ code: text, detail: text })
      .optional()
      .meta({ description: 'object-damaged: a stored document of the batch is damaged; what the other members say is what is left of it. object-unreadable (in lists only): it cannot be read at the moment' }),
    rescores: z
      .strictObject({ batch_id: text, model: modelPin, operating_point: text, changed_rows: count.nullable() })
      .optional()
      .meta({ description: 'Which batch this one scores again; changed_rows once it is finished' }),
    links: z.strictObject({ self: text, results: text, errors: text, changes: text.optional() }),
  })
  .meta({ id: 'Batch' });

const perName = z.record(text, count);

export const preflightReport = z
  .strictObject({
    filename: text.nullable(),
    model: modelPin,
    input_sha256: text,
    bytes: count,
    dialect: z.strictObject({ delimiter: text, line_end: text, bom: z.boolean() }),
    columns: z.array(
      z.strictObject({ column: text, used_as: z.enum(['feature', 'label', 'id', 'carried']), feature: text.optional(), matched_by: text.optional() }),
    ),
    rows: z.strictObject({ total: count, valid: count, rejected: count, with_missing_features: count, repeated: count }),
    rejected_by_code: perName,
    errors: z.array(z.strictObject({ row: count, code: text, detail: text })).meta({ description: 'The first hundred' }),
    missing_by_feature: perName,
    drift: drift.optional(),
    eta_seconds: z.number().nullable().meta({ description: 'How long scoring would take at the rate of late; null when nothing was scored of late' }),
  })
  .meta({ id: 'Preflight' });

const feature = z.strictObject({
  name: text,
  title: text,
  description: text,
  low: text,
  high: text,
  aliases: z.array(text),
  min: z.number(),
  max: z.number().nullable(),
  integer: z.boolean(),
});

const promotion = z.strictObject({ version: text, promoted_at: timestamp, promoted_by: text });

export const modelSummary = z
  .strictObject({ name: text, champion: text.nullable(), versions: z.array(text), history: z.array(promotion), links: z.strictObject({ self: text }) })
  .meta({ id: 'ModelSummary', description: 'Champion: null when no version was promoted yet. History: who made which version champion, oldest first' });

export const modelVersion = z
  .strictObject({
    ...modelPin.shape,
    schema: text,
    features: z.array(feature),
    labels: z.array(text),
    k: z.int(),
    metric: text,
    rule: text,
    operating_points: z.record(text, z.number()),
    training: z.strictObject({ rows: count, data_digest: text }),
    evaluation: z.record(text, z.unknown()),
    limits_of_use: z.array(text),
    links: z.strictObject({ self: text }),
  })
  .meta({ id: 'ModelVersion' });

export const auditEvent = z
  .strictObject({
    at: timestamp,
    actor: z.strictObject({ tenant: text, key_id: text }),
    action: text.meta({ example: 'batch.get-results' }),
    resource: text,
    outcome: z.enum(['done', 'denied', 'failed']),
  })
  .meta({ id: 'AuditEvent', description: 'Who did what to which resource' });

export const modelEvaluation = z
  .strictObject({
    cv: z.record(text, z.number()),
    cv_intervals: z.record(text, z.tuple([z.number(), z.number()])).meta({ description: '95 %, for other patients' }),
    repetitions: z.int().min(1).meta({ description: 'How often the cross-validation asked each row' }),
    reliability: z
      .array(z.strictObject({ mean_probability: z.number(), malignant_share: z.number(), rows: count }))
      .meta({ description: 'By tenths of the scale of probabilities: rows over all repetitions, and how many of them were malignant' }),
  })
  .meta({ id: 'ModelEvaluation' });

export const problem = z
  .object({
    type: text,
    title: text,
    status: z.int(),
    detail: text,
    request_id: text,
    errors: z
      .array(z.object({ field: text.optional(), row: count.optional(), column: text.optional(), code: text, detail: text, received: z.unknown().optional() }))
      .optional(),
    total_errors: count.optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

export function page<T extends z.ZodType>(item: T) {
  return z.strictObject({ data: z.array(item), has_more: z.boolean(), last_id: z.string().nullable() });
}

const requestIdHeader = { 'X-Request-Id': { schema: { type: 'string' as const } } };

/** One JSON answer of an operation. */
export function answer(description: string, schema: z.ZodType, headers: Record<string, { schema: { type: 'string' } }> = {}) {
  return { description, headers: { ...requestIdHeader, ...headers }, content: { 'application/json': { schema } } };
}

/** An answer that is no JSON: a file, a stream of events, a page. */
export function rawAnswer(description: string, mediaType: string) {
  return { description, headers: requestIdHeader, content: { [mediaType]: { schema: { type: 'string' as const } } } };
}

const titlesByStatus = new Map<number, string[]>();
for (const { status, title } of Object.values(problems)) titlesByStatus.set(status, [...(titlesByStatus.get(status) ?? []), title]);

/** The problems that an operation may answer with. */
export function refusals(...statuses: number[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: titlesByStatus.get(status)?.join(' or ') ?? 'Problem',
        headers: requestIdHeader,
        content: { 'application/problem+json': { schema: problem } },
      },
    ]),
  );
}
