import type { Config } from '@cytoqueue/runtime';
import type { Environment } from './launch';

/**
 * Environment of a service: the stack's own variables plus every value that the stack has resolved, so that no
 * service resolves it differently. Variables of the AWS SDK and of Node.js pass through.
 */
export function serviceEnvironment(
  inherited: Environment,
  config: Config,
  settled: { redisUrl: string; apiKeysFile: string | undefined },
): Environment {
  return {
    ...inherited,
    HOST: config.host,
    PORT: String(config.port),
    DATA_DIR: config.dataDir,
    REDIS_URL: settled.redisUrl,
    STORAGE_URL: config.storageUrl,
    API_KEYS_FILE: settled.apiKeysFile,
    ...(config.trustProxy === undefined ? {} : { TRUST_PROXY: [config.trustProxy].flat().join(',') }),
    ...(config.publicUrl === undefined ? {} : { PUBLIC_URL: config.publicUrl }),
    ...(config.corsOrigins.length === 0 ? {} : { CORS_ORIGINS: config.corsOrigins.join(',') }),
    MAX_WAIT_SECONDS: String(config.maxWaitSeconds),
    WORKER_THREADS: String(config.workerThreads),
    SHARD_ROWS: String(config.shardRows),
    ENVIRONMENT: config.environment,
    MAX_UPLOAD_BYTES: String(config.maxUploadBytes),
    RETENTION_DAYS: String(config.retentionDays),
    INPUT_RETENTION_DAYS: String(config.inputRetentionDays),
    CONFIRMATION_RETENTION_DAYS: String(config.confirmationRetentionDays),
    RATE_LIMIT_PER_MINUTE: String(config.tenantLimits.units_per_minute),
    CONCURRENT_UPLOADS: String(config.tenantLimits.concurrent_uploads),
    EVENT_STREAMS: String(config.tenantLimits.event_streams),
    STORED_BYTES_QUOTA: String(config.tenantLimits.stored_bytes),
    MAX_CONNECTIONS: String(config.maxConnections),
    LOG_LEVEL: config.logLevel,
    CANARY_SECONDS: String(config.canarySeconds),
    WORKER_STALL_SECONDS: String(config.workerStallSeconds),
    ...(config.cloudwatchNamespace === undefined ? {} : { CLOUDWATCH_NAMESPACE: config.cloudwatchNamespace }),
  };
}

/** Workers cannot share a port: each further worker gets the next one. 0 stays 0, a free port for each. */
export function workerPort(config: Config, index: number): number {
  return config.workerPort === 0 ? 0 : config.workerPort + index;
}
