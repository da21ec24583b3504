import { type CytoqueueClient, isFullPrediction, isPredictionFinished } from '../cytoqueue-client';
import type { FeatureInput, Prediction } from '../types';
import { creationKey, missingRule, operatingPoint } from './arguments';
import type { CommandContext } from './command-context';
import { EXIT } from './exit-status';
import { formatPrediction } from './format';
import { print } from './terminal';
import { UsageError } from './usage-error';

/** The service uses it where neither the request nor the settings name a model. */
const DEFAULT_MODEL = 'wbc-knn';
const PREDICT_WAIT_SECONDS = 60;

export async function predict(context: CommandContext): Promise<number> {
  const { client, operands, options, signal } = context;
  const body = {
    features: await parseFeatures(context, operands),
    sample_id: options.id,
    model: options.model,
    operating_point: operatingPoint(options),
    missing: missingRule(options),
  };
  const waitLimit = AbortSignal.timeout(PREDICT_WAIT_SECONDS * 1_000);
  const accepted = await client.predict(body, { waitSeconds: PREDICT_WAIT_SECONDS, signal, ...creationKey(options) });
  const prediction = isFullPrediction(accepted)
    ? accepted
    : await followPrediction(client, accepted.id, { waitLimit, signal });
  print(context, prediction, formatPrediction);
  return statusOf(prediction);
}

/** Follows the events, because the service may wait for less time than requested. @returns the final state, or the current one at the time limit */
async function followPrediction(
  client: CytoqueueClient,
  id: string,
  { waitLimit, signal }: { waitLimit: AbortSignal; signal: AbortSignal },
): Promise<Prediction> {
  try {
    for await (const state of client.predictionEvents(id, { signal: AbortSignal.any([waitLimit, signal]) }))
      if (isPredictionFinished(state)) return state;
  } catch (error) {
    if (!waitLimit.aborted || signal.aborted) throw error;
  }
  return client.getPrediction(id, { signal });
}

function statusOf({ status }: Prediction): number {
  return status === 'succeeded' ? EXIT.ok : EXIT.failed;
}

/** Parses NAME=VALUE pairs, or values in the order of the model's features. */
async function parseFeatures(
  { client, options, signal }: CommandContext,
  operands: readonly string[],
): Promise<FeatureInput> {
  const pairs = operands.map((operand) => operand.split('=')).filter(({ length }) => length > 1);
  if (operands.length > 0 && pairs.length === operands.length && pairs.every(({ length }) => length === 2))
    return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, toValue(value, name)]));
  if (pairs.length > 0) throw new UsageError('name every value (NAME=VALUE) or none');
  const model = options.model ?? (await client.session({ signal })).defaults?.model ?? DEFAULT_MODEL;
  const names = await featureNames(client, model, signal);
  const values = operands.flatMap((operand) => operand.split(/[\s,;]+/)).filter((value) => value !== '');
  if (values.length !== names.length)
    throw new UsageError(`the model has ${names.length} features (${names.join(', ')}), not ${values.length}`);
  return Object.fromEntries(values.map((value, i) => [names[i], toValue(value, names[i])]));
}

async function featureNames(client: CytoqueueClient, model: string, signal: AbortSignal): Promise<string[]> {
  const [name = model, version] = model.split('@');
  const resolved =
    version === undefined || version === 'champion' ? (await client.getModel(name, { signal })).champion : version;
  if (resolved === null) throw new UsageError(`model ${name} has no champion; give a version: ${name}@VERSION`);
  return (await client.getModelVersion(name, resolved, { signal })).features.map((feature) => feature.name);
}

/**
 * Converts decimal numbers and words for a missing value; the API validates any other text.
 * @throws UsageError for an empty text, which an unset shell variable leaves
 */
function toValue(text: string, name = ''): number | string | null {
  if (text === '') throw new UsageError(`${name} has no value; write ${name}=? if it was not measured`);
  if (/^(\?|na|nan|n\/a)$/i.test(text)) return null;
  return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : text;
}
