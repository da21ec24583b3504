import { z } from 'zod';

/** Schemas of the evidence for one prediction, as the classifier's explainer returns it. */

const text = z.string();
const count = z.int().min(0);

export const label = text.meta({ description: 'A class of the model: `benign` or `malignant` for the shipped models' });

const perFeature = z.record(text, z.number());

const unusualEvidence = z.strictObject({
  compared_with: label.meta({ description: 'The class that fits best among those left open by the probability' }),
  distance_over_limit: z
    .number()
    .min(0)
    .meta({ description: 'Above 1 the record is farther from that class than nearly all of its training rows' }),
  magnification: z
    .number()
    .nullable()
    .meta({ description: 'The magnification that explains the sizes, relative to the training data' }),
  outside_training_range: z.array(
    z.strictObject({ feature: text, value: z.number(), lowest: z.number(), highest: z.number() }),
  ),
  unexpected: z
    .array(z.strictObject({ feature: text, value: z.number(), expected: z.number(), deviations: z.number() }))
    .meta({
      description: 'Values that do not go together with the others, and the values that would; the oddest first',
    }),
});

export const evidence = z
  .strictObject({
    conformal: z
      .strictObject({
        level: z.number(),
        p_values: z.record(text, z.number()).meta({ description: 'By class' }),
        set: z.array(label),
      })
      .nullable()
      .meta({
        description: 'The conformal prediction set; null for models without a calibrated nonconformity score',
      }),
    shapley: z.strictObject({ base: z.number(), values: perFeature }).meta({
      description: 'The contribution of each feature; base and values add up to the probability of the positive class',
    }),
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
      .meta({ description: 'The range of results that the missing features leave open' }),
    flip: z
      .strictObject({
        changes: z.array(z.strictObject({ feature: text, from: z.number(), to: z.number() })),
        total_change: z.number(),
        predicted_class: label,
        probability_malignant: z.number().optional(),
        probability_positive: z.number().optional(),
      })
      .nullable()
      .meta({
        description:
          'The smallest change of one or two features that changes the class; null if there is none, and for model versions without `flip_searched`',
      }),
    unusual: unusualEvidence
      .nullable()
      .optional()
      .meta({ description: 'Why the record is unusual; null when it is not; absent for models before version 1.1.0' }),
    approximated: z
      .array(z.enum(['shapley', 'missing']))
      .optional()
      .meta({
        description:
          'Parts that were approximated, because the model has many training rows or features; absent for none',
      }),
  })
  .meta({ id: 'Evidence' });
