import { rawResponse } from '../openapi/responses';
import type { Route } from '../http/router';
import type { ApiMetrics } from './api-metrics';

/** Metrics for Prometheus, without tenant names. Do not expose the route through a public load balancer anyway. */
export function metricsRoutes({ metrics }: { metrics: ApiMetrics }): Route[] {
  return [
    {
      method: 'get',
      path: '/metrics',
      access: 'public',
      operation: {
        operationId: 'getMetrics',
        summary: 'Metrics of this process and of the queue, for Prometheus',
        tags: ['operations'],
        responses: { 200: rawResponse("Prometheus's text format", 'text/plain') },
      },
      handle: async ({ response }) => {
        const { contentType, body } = await metrics.text();
        response.set({ 'Content-Type': contentType, 'Cache-Control': 'no-store' }).send(body);
      },
    },
  ];
}
