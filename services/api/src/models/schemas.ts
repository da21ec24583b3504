import { z } from 'zod';
import { modelPin, timestamp } from '../http/response-schemas';
import { modelComparison } from './comparison-schema';

const feature = z.strictObject({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  low: z.string(),
  high: z.string(),
  aliases: z.array(z.string()),
  min: z.number(),
  max: z.number().nullable(),
  integer: z.boolean(),
  unit: z.string().optional(),
  quantity: z
    .string()
    .optional()
    .meta({ description: 'In schemas with several statistics of each quantity: the quantity' }),
});

const promotion = z.strictObject({ version: z.string(), promoted_at: timestamp, promoted_by: z.string() });

export const modelSummary = z
  .strictObject({
    name: z.string(),
    champion: z.string().nullable(),
    versions: z.array(z.string()),
    history: z.array(promotion),
    newer_version: z
      .string()
      .nullable()
      .meta({ description: 'The latest shipped version if the champion is older, else null' }),
    links: z.strictObject({ self: z.string() }),
  })
  .meta({
    id: 'ModelSummary',
    description: 'champion: null until a version is promoted. history: the promotions, oldest first',
  });

export const modelVersion = z
  .strictObject({
    ...modelPin.shape,
    schema: z.string(),
    schema_title: z.string(),
    features: z.array(feature),
    labels: z.array(z.string()),
    k: z.int(),
    metric: z.string(),
    rule: z.string(),
    operating_points: z.record(z.string(), z.number()),
    training: z.strictObject({ rows: z.int().min(0), data_digest: z.string() }),
    flip_searched: z.boolean(),
    evaluation: z.record(z.string(), z.unknown()),
    comparisons: z.array(modelComparison),
    limits_of_use: z.array(z.string()),
    links: z.strictObject({ self: z.string() }),
  })
  .meta({ id: 'ModelVersion' });

export const modelEvaluation = z
  .strictObject({
    cv: z.record(z.string(), z.number()),
    cv_intervals: z
      .record(z.string(), z.tuple([z.number(), z.number()]))
      .meta({ description: '95 % confidence intervals' }),
    repetitions: z.int().min(1).meta({ description: 'How many times the cross-validation tested each row' }),
    reliability: z
      .array(z.strictObject({ mean_probability: z.number(), malignant_share: z.number(), rows: z.int().min(0) }))
      .meta({
        description:
          'Calibration by tenths of probability: rows over all repetitions and the malignant share among them',
      }),
  })
  .meta({ id: 'ModelEvaluation' });
