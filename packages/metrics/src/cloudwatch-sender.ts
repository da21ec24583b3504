import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';

/** What one call may hold; the bytes leave room for what surrounds the data. */
const MAX_REQUEST_DATUMS = 1_000;
const MAX_REQUEST_BYTES = 900_000;
/** A call with its repetitions; who waits for a stop waits no longer. */
const REQUEST_TIMEOUT_MS = 8_000;
const MAX_ATTEMPTS = 3;

/** Data that are sent together or not at all, and what to do once they are sent. */
export interface AtomicGroup {
  readonly data: readonly MetricDatum[];
  readonly onSent: () => Promise<void>;
}

/**
 * Sends data to CloudWatch, as many consignments in a call as fit, each whole: one that was not sent can be sent again without
 * counting anything twice. Region, credentials and endpoint by the AWS SDK's own variables.
 */
export class CloudWatchSender {
  private readonly client = new CloudWatchClient({ maxAttempts: MAX_ATTEMPTS });

  constructor(private readonly namespace: string) {}

  /** @throws Error of the SDK when a call failed; what came before it was sent */
  async send(groups: readonly AtomicGroup[]): Promise<void> {
    for (const request of packRequests(groups)) {
      const command = new PutMetricDataCommand({
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

/** Groups consignments into calls within the API's limits. One that alone exceeds them makes a call of its own, to be refused. */
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
