import { CloudWatchClient, type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';

/** What one call may hold; the bytes leave room for what surrounds the data. */
const MAX_DATA = 1_000;
const MAX_BYTES = 900_000;
/** A call with its repetitions; who waits for a stop waits no longer. */
const CALL_MS = 8_000;
const ATTEMPTS = 3;

/** Data that are sent together or not at all, and what to do once they are sent. */
export interface Consignment {
  readonly data: readonly MetricDatum[];
  readonly sent: () => Promise<void>;
}

/**
 * Sends data to CloudWatch, as many consignments in a call as fit, each whole: one that was not sent can be sent again without
 * counting anything twice. Region, credentials and endpoint by the AWS SDK's own variables.
 */
export class CloudWatchSender {
  private readonly client = new CloudWatchClient({ maxAttempts: ATTEMPTS });

  constructor(private readonly namespace: string) {}

  /** @throws Error of the SDK when a call failed; what came before it was sent */
  async send(consignments: readonly Consignment[]): Promise<void> {
    for (const call of packCalls(consignments)) {
      const command = new PutMetricDataCommand({ Namespace: this.namespace, MetricData: call.flatMap(({ data }) => data) });
      await this.client.send(command, { abortSignal: AbortSignal.timeout(CALL_MS) });
      for (const { sent } of call) await sent();
    }
  }

  stop(): void {
    this.client.destroy();
  }
}

/** Groups consignments into calls within the API's limits. One that alone exceeds them makes a call of its own, to be refused. */
export function packCalls(consignments: readonly Consignment[]): Consignment[][] {
  const calls: Consignment[][] = [];
  let [data, bytes] = [Infinity, Infinity];
  for (const consignment of consignments) {
    const size = JSON.stringify(consignment.data).length;
    if (consignment.data.length === 0) continue;
    if (data + consignment.data.length > MAX_DATA || bytes + size > MAX_BYTES) {
      calls.push([]);
      [data, bytes] = [0, 0];
    }
    calls.at(-1)?.push(consignment);
    data += consignment.data.length;
    bytes += size;
  }
  return calls;
}
