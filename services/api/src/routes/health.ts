import { z } from 'zod';
import { answer, refusals } from '../http/documents';
import { Problem } from '../http/problem';
import type { Route } from '../http/route';

const tags = ['health'];
const ok = z.strictObject({ status: z.literal('ok') });

/** What must answer for the API to do its work; workers are not among it, for what is accepted waits for them. */
export interface HealthServices {
  dependencies: Record<string, () => Promise<unknown>>;
}

export function healthRoutes({ dependencies }: HealthServices): Route[] {
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
        summary: 'Redis and the object store answer',
        tags,
        responses: { 200: answer('They do', ok), ...refusals(503) },
      },
      handle: async ({ response }) => {
        const down = await Promise.all(Object.entries(dependencies).map(([name, check]) => check().then(() => [], () => [name])));
        if (down.flat().length > 0) throw new Problem('unavailable', `No answer from: ${down.flat().join(', ')}.`, { headers: { 'Retry-After': '2' } });
        response.json({ status: 'ok' });
      },
    },
  ];
}
