import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { sharedReadBuffer } from './shared-read-buffer';

const CONNECTION_TIMEOUT_MS = 3_000;
/** Connections of one client. */
export const MAX_SOCKETS = 128;

/** Same default as the AWS command line. S3-compatible servers ignore the region. */
const DEFAULT_REGION = 'us-east-1';

/** The region that the SDK finds in its variables and files, or the default. */
function regionOf(configured: S3Client): () => Promise<string> {
  return () => configured.config.region().catch(() => DEFAULT_REGION);
}

/**
 * Addresses buckets by path unless the endpoint is Amazon's, where every bucket has a host name. The SDK resolves the
 * endpoint during a request, so each request decides this.
 */
function usePathStyleOnOwnEndpoints(client: S3Client): void {
  const resolve = client.config.endpointProvider;
  client.config.endpointProvider = (params, context) =>
    resolve(params.Endpoint === undefined ? params : { ...params, ForcePathStyle: true }, context);
}

/**
 * Creates a client that times out on a frozen server and retries transient errors with back-off (three attempts by default,
 * AWS_MAX_ATTEMPTS). Credentials and endpoint come from the SDK's variables, files and instance roles.
 * @param requestTimeoutMs from the start of a request to the head of its response: bounds sending a body, not reading one
 */
export function createS3Client(
  requestTimeoutMs: number,
  overrides: Pick<S3ClientConfig, 'requestChecksumCalculation'> = {},
): S3Client {
  const agent = { keepAlive: true, maxSockets: MAX_SOCKETS, ...sharedReadBuffer };
  const client = new S3Client({
    ...overrides,
    region: regionOf(new S3Client({})),
    retryMode: 'standard',
    // Servers and proxies that never answer `Expect: 100-continue` would let every larger body time out.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  usePathStyleOnOwnEndpoints(client);
  return client;
}
