import { type Readiness, describeProblems } from '@cytoqueue/runtime';
import { z } from 'zod';
import { jsonResponse, problemResponses } from '../http/response-schemas';
import { Problem } from '../http/problem';
import type { Route } from '../http/router';

const tags = ['health'];
const ok = z.strictObject({ status: z.literal('ok') });

/** What must answer for the API to do its work; workers are not among it, for what is accepted waits for them. */
export interface HealthDeps {
  readiness: Pick<Readiness, 'unavailableDependencies'>;
}

export function healthRoutes({ readiness }: HealthDeps): Route[] {
  return [
    {
      method: 'get',
      path: '/health/live',
      access: 'public',
      operation: {
        operationId: 'live',
        summary: 'The process answers',
        tags,
        responses: { 200: jsonResponse('It does', ok) },
      },
      handle: async ({ response }) => {
        response.json({ status: 'ok' });
      },
    },
    {
      method: 'get',
      path: '/health/ready',
      access: 'public',
      operation: {
        operationId: 'ready',
        summary: 'Redis and the object store answer and are fit for use',
        tags,
        responses: { 200: jsonResponse('They do', ok), ...problemResponses(503) },
      },
      handle: async ({ response }) => {
        const problems = await readiness.unavailableDependencies();
        if (problems.length > 0)
          throw new Problem('unavailable', `Not usable: ${describeProblems(problems)}.`, {
            headers: { 'Retry-After': '2' },
          });
        response.json({ status: 'ok' });
      },
    },
  ];
}
