export { type Config, ConfigError, loadConfig } from './config';
export { type Logger, createLogger } from './logger';
export { LogWriter, type LogWriterOptions } from './log-writer';
export { type MainOptions, Releasers, type ServiceOptions, runMain, runService, tellParent, widenThreadPool } from './lifecycle';
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
export { type DependencyProblem, DependencyWatch, type DependencyWatchOptions, type Finding, UnsuitableDependencyError } from './dependency-watch';
export { NOT_READY, Readiness, describeProblems, watchReadiness } from './readiness';
export { TaskProtection, type TaskProtectionOptions } from './task-protection';
export { Periodic, type PeriodicOptions } from './periodic';
