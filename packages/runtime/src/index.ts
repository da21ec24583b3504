export { type Config, ConfigError, loadConfig } from './config';
export { type Logger, createLogger } from './logger';
export { LogWriter, type LogWriterOptions } from './log-writer';
export { Releasers, type ServiceOptions, runService, tellParent, widenThreadPool } from './lifecycle';
export {
  type ApiKeys,
  ApiKeysError,
  type Role,
  type TenantLimits,
  createApiKey,
  ensureLocalApiKey,
  hashApiKey,
  keyIdentifier,
  loadApiKeys,
  parseApiKeys,
  roles,
  saveApiKeys,
} from './api-keys';
export { type KeyChange, KeyFile, type KeyFileOptions, compareKeys } from './key-file';
export { type HeldKey, type KeyEntries, KeyRing, type KeySource, isInForce } from './key-ring';
export { createSessionSecret, ensureSessionSecret } from './session-secret';
export { Readiness } from './readiness';
export { Periodic, type PeriodicOptions } from './periodic';
