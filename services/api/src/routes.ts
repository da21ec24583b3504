import { sessionRoutes } from './session/routes';
import { predictionRoutes } from './predictions/routes';
import { batchRoutes } from './batches/routes';
import { batchRowRoutes } from './batches/rows/routes';
import { reviewRoutes } from './reviews/routes';
import { worklistRoutes } from './worklist/routes';
import { importProfileRoutes } from './import-profiles/routes';
import { confirmationRoutes } from './confirmations/routes';
import { driftRoutes } from './scored-days/routes';
import { modelRoutes } from './models/routes';
import { trainingRoutes } from './trainings/routes';
import { queueRoutes } from './operations/queue';
import { metricsRoutes } from './operations/metrics';
import { auditRoutes } from './audit/routes';
import { apiKeyRoutes } from './keys/routes';
import { settingsRoutes } from './settings/routes';
import { healthRoutes } from './operations/health';
import type { Route } from './http/router';

type Deps<Create extends (deps: never) => Route[]> = Parameters<Create>[0];

/** Dependencies of the handlers of all routes. */
export type RouteDeps = Deps<typeof sessionRoutes> &
  Deps<typeof predictionRoutes> &
  Deps<typeof batchRoutes> &
  Deps<typeof batchRowRoutes> &
  Deps<typeof reviewRoutes> &
  Deps<typeof worklistRoutes> &
  Deps<typeof importProfileRoutes> &
  Deps<typeof confirmationRoutes> &
  Deps<typeof driftRoutes> &
  Deps<typeof modelRoutes> &
  Deps<typeof trainingRoutes> &
  Deps<typeof queueRoutes> &
  Deps<typeof metricsRoutes> &
  Deps<typeof auditRoutes> &
  Deps<typeof apiKeyRoutes> &
  Deps<typeof settingsRoutes> &
  Deps<typeof healthRoutes>;

export function createRoutes(deps: RouteDeps): Route[] {
  return [
    ...sessionRoutes(deps),
    ...predictionRoutes(deps),
    ...batchRoutes(deps),
    ...batchRowRoutes(deps),
    ...reviewRoutes(deps),
    ...worklistRoutes(deps),
    ...importProfileRoutes(deps),
    ...confirmationRoutes(deps),
    ...driftRoutes(deps),
    ...modelRoutes(deps),
    ...trainingRoutes(deps),
    ...queueRoutes(deps),
    ...metricsRoutes(deps),
    ...auditRoutes(deps),
    ...apiKeyRoutes(deps),
    ...settingsRoutes(deps),
    ...healthRoutes(deps),
  ];
}
