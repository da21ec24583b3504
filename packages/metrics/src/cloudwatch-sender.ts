import type * as CloudWatch from '@aws-sdk/client-cloudwatch';

/** Limits of one request; the byte limit leaves space for the envelope. */
const MAX_REQUEST_DATUMS = 1_000;
const MAX_REQUEST_BYTES = 900_000;
/** Limit for one request with its retries, so that it does not delay a stop for longer. */
const REQUEST_TIMEOUT_MS = 8_000;
const MAX_ATTEMPTS = 3;

/** Data that must be sent in one request, and a callback after the request has succeeded. */
export interface AtomicGroup {
  readonly data: readonly CloudWatch.MetricDatum[];
  readonly onSent: () => Promise<void>;
}

/**
 * Sends groups of data to CloudWatch, several groups per request. A group is never split, so a failed one can be resent without
 * counting any event twice. The AWS SDK's variables give region, credentials and endpoint.
 */
export class CloudWatchSender {
  // Loaded on demand: the SDK costs a tenth of the start, and is used only where CLOUDWATCH_NAMESPACE is set.
  private readonly sdk = require('@aws-sdk/client-cloudwatch') as typeof CloudWatch;
  private readonly client = new this.sdk.CloudWatchClient({ maxAttempts: MAX_ATTEMPTS });

  constructor(private readonly namespace: string) {}

  /** @throws the SDK's error when a request fails; earlier requests were sent */
  async send(groups: readonly AtomicGroup[]): Promise<void> {
    for (const request of packRequests(groups)) {
      const command = new this.sdk.PutMetricDataCommand({
        Namespace: this.namespace,
        MetricData: request.flatMap(({ data }) => data),
      });
      await this.client.send(command, { abortSignal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      for (const { onSent } of request) await onSent();
    }
  }

  stop(): void {
    this.client.destroy();
  }
}

/** Packs groups into requests within the API's limits. A group that exceeds them gets its own request, which AWS refuses. */
export function packRequests(groups: readonly AtomicGroup[]): AtomicGroup[][] {
  const requests: AtomicGroup[][] = [];
  let [data, bytes] = [Infinity, Infinity];
  for (const group of groups) {
    const size = JSON.stringify(group.data).length;
    if (group.data.length === 0) continue;
    if (data + group.data.length > MAX_REQUEST_DATUMS || bytes + size > MAX_REQUEST_BYTES) {
      requests.push([]);
      [data, bytes] = [0, 0];
    }
    requests.at(-1)?.push(group);
    data += group.data.length;
    bytes += size;
  }
  return requests;
}
