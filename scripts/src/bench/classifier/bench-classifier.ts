import type { BenchOptions } from '../bench-options';
import { benchGrowth, benchMeasurements } from './bench-growth';
import { benchModel, type ModelMeasurements } from './bench-model';
import { benchModels } from './models';
import { PythonCompetitors } from './python-competitors';

/** Measures rows per CPU second of every shipped model and of the competitors available on this machine. */
export async function benchClassifier({ large, python }: BenchOptions): Promise<Record<string, ModelMeasurements>> {
  const competitors = PythonCompetitors.start(python);
  try {
    const figures: Record<string, ModelMeasurements> = {};
    for (const model of benchModels()) figures[model.name] = await benchModel(model, competitors);
    if (large) {
      await benchGrowth(competitors);
      await benchMeasurements(competitors);
    }
    return figures;
  } finally {
    await competitors.stop();
  }
}
