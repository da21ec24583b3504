/**
 * Metrics with labels, for Prometheus alone: in CloudWatch each combination of labels would be a metric that is paid for.
 */
export const labelledMetrics = {
  HttpRequest: {
    name: 'cytoqueue_http_request_duration_seconds',
    kind: 'histogram',
    source: 'api',
    labels: ['method', 'route', 'status'],
    meaning:
      'Time of HTTP requests until their response is sent, and their number; without event streams. Status 499: the client went away',
  },
  BuildInfo: {
    name: 'cytoqueue_build_info',
    kind: 'gauge',
    source: 'both',
    labels: ['version', 'node'],
    meaning: 'Always 1; the labels name the release and its Node.js',
  },
} as const;

export interface HttpRequest {
  method: string;
  /** The pattern, never the address. */
  route: string;
  status: number;
  seconds: number;
}
