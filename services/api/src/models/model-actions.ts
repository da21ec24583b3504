import { type Model, isFlipSearched } from '@cytoqueue/classifier';
import {
  type ModelEntry,
  type ModelRegistry,
  NothingToRollBackError,
  type OwnModels,
  isOwn,
} from '@cytoqueue/registry';
import { OWN_PREFIX } from '@cytoqueue/records';
import { z } from 'zod';
import { notFound } from '../http/error-handler';
import { readJson } from '../http/json-body';
import { Problem } from '../http/problem';
import { type HandlerContext, validateInput } from '../http/router';

/** Actions of the model routes, on the shared registry and on a tenant's own models. */

export const promotionBody = z
  .union([
    z.strictObject({
      version: z.string().max(64),
      accept_lower_sensitivity: z
        .boolean()
        .optional()
        .meta({ description: 'Promote it although its comparison says that it finds fewer malignant records' }),
      accept_unknown: z
        .boolean()
        .optional()
        .meta({ description: 'Promote it although it was not compared with the champion' }),
    }),
    z.strictObject({ rollback: z.literal(true) }),
  ])
  .meta({
    id: 'PromotionBody',
    description:
      'The version to promote, or a rollback to the previous champion. A version that finds fewer malignant records than the champion (409 lower-sensitivity) or was not compared with it (409 comparison-missing) is promoted only if the body accepts that; a rollback is always possible',
  });

type Models = Pick<ModelRegistry | OwnModels, 'find' | 'promote' | 'rollBack'>;

/** @param name without `own/` @throws Problem 404 */
export async function findModel(models: Models, name: string) {
  const model = await models.find(name);
  if (model === undefined) throw notFound();
  return toModelResponse(model);
}

/** @param name without `own/` */
export async function promote(
  models: Models,
  name: string,
  { request, response, principal, auditEntry }: HandlerContext,
): Promise<void> {
  const found = await findModel(models, name);
  const body = validateInput(promotionBody, await readJson(request, response), 'field');
  const by = `${principal.tenant}/${principal.keyId}`;
  const change =
    'version' in body
      ? models.promote(name, body.version, by, {
          lowerSensitivity: body.accept_lower_sensitivity,
          unknown: body.accept_unknown,
        })
      : models.rollBack(name, by);
  const { version } = await change.catch((error: unknown) => {
    throw error instanceof NothingToRollBackError
      ? new Problem('nothing-to-roll-back', error.message, { cause: error })
      : error;
  });
  if ('rollback' in body) auditEntry.action = 'model.rollback';
  auditEntry.resource = `models/${found.name}@${version}`;
  await auditEntry.recordDurably();
  response.json(await findModel(models, name));
}

export function toModelResponse(model: ModelEntry) {
  return { ...model, links: { self: `/v1/models/${model.name}` } };
}

export async function toVersionResponse(model: Model, comparisons: ModelRegistry['comparisons']) {
  const { file, schema, training, digest, name, version } = model;
  const stored = isOwn(name) ? name.slice(OWN_PREFIX.length) : name;
  return {
    name,
    version,
    digest,
    schema: schema.id,
    schema_title: schema.title,
    features: schema.features.map((feature) => ({
      ...feature,
      max: Number.isFinite(feature.max) ? feature.max : null,
    })),
    labels: schema.labels,
    k: file.k,
    metric: file.metric,
    rule: file.rule,
    operating_points: file.operating_points,
    training: { rows: training.rows, data_digest: file.training.data_digest },
    flip_searched: isFlipSearched(model),
    evaluation: file.evaluation,
    comparisons: await comparisons.read({ name: stored, version, digest }),
    limits_of_use: file.limits_of_use,
    links: { self: `/v1/models/${name}/versions/${version}` },
  };
}
