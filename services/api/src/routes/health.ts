import { type Readiness, describeProblems } from '@cytoqueue/runtime';
import { z } from 'zod';
import { answer, refusals } from '../http/documents';
import { Problem } from '../http/problem';
import type { Route } from '../http/route';

const tags = ['health'];
const ok = z.strictObject({ status: z.literal('ok') });

/** What must answer for the API to do its work; workers are not among it, for what is accepted waits for them. */
export interface HealthServices {
  readiness: Pick<Readiness, 'problems'>;
}

export function healthRoutes({ readiness }: HealthServices): Route[] {
  return [
    {
      method: 'get',
      path: '/health/live',
      access: 'public',
      operation: { operationId: 'live', summary: 'The process answers', tags, responses: { 200: answer('It does', ok) } },
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
        responses: { 200: answer('They do', ok), ...refusals(503) },
      },
      handle: async ({ response }) => {
        const problems = await readiness.problems();
        if (problems.length > 0) throw new Problem('unavailable', `Not usable: ${describeProblems(problems)}.`, { headers: { 'Retry-After': '2' } });
        response.json({ status: 'ok' });
      },
    },
  ];
}
