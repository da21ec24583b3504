import { z } from 'zod';

const comparedFigure = z
  .strictObject({
    value: z.number(),
    other: z.number(),
    difference: z.strictObject({ value: z.number(), low: z.number(), high: z.number() }),
  })
  .meta({
    id: 'ComparedFigure',
    description: 'Of this version, of the other one, and their difference with its paired 95 % interval',
  });

export const modelComparison = z
  .strictObject({
    model: z.string().meta({ description: 'The other version, name@version' }),
    digest: z.string(),
    records_of: z.string().meta({ description: 'The version whose training records both were asked for' }),
    records: z.int().min(1),
    folds: z.int().min(2),
    repetitions: z.int().min(1),
    sensitivity: comparedFigure,
    specificity: comparedFigure,
    auc: comparedFigure,
    brier: comparedFigure,
    coverage: comparedFigure,
  })
  .meta({
    id: 'ModelComparison',
    description:
      'Both versions on the same records and folds, paired by record. coverage: share of the records answered confident',
  });
