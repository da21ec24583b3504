import type { ModelRegistry } from '@cytoqueue/registry';
import type { ObjectStore } from '@cytoqueue/storage';
import { createRouteFactory, type HandlerContext, type Route } from '../http/router';
import type { TenantQuotas } from '../tenants/tenant-quotas';
import { readDrift } from './drift';
import { driftOperation } from './openapi';
import { toPeriod } from './period';

/** As other lists charge what they read. */
const DOCUMENTS_PER_UNIT = 20;

export interface DriftRouteDeps {
  store: ObjectStore;
  registry: ModelRegistry;
  quotas: Pick<TenantQuotas, 'rateLimit'>;
}

export function driftRoutes(deps: DriftRouteDeps): Route[] {
  return [createRouteFactory(deps, 'patient-data')('get', '/v1/drift', driftOperation, sendDrift)];
}

async function sendDrift(
  deps: DriftRouteDeps,
  { response, principal: { tenant }, query }: HandlerContext,
): Promise<void> {
  response.json(await readDrift(deps, tenant, toPeriod(query), chargeDocuments(deps, tenant)));
}

/** Charges documents that a request reads for its answer. */
export function chargeDocuments({ quotas }: Pick<DriftRouteDeps, 'quotas'>, tenant: string) {
  return (documents: number): void => quotas.rateLimit.addCost(tenant, Math.floor(documents / DOCUMENTS_PER_UNIT));
}
