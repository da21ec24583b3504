import { type ScalingPolicy, defaultPolicy } from '@cytoqueue/scaling';

/** CloudWatch namespace of all metrics; the same in every environment. */
export const METRIC_NAMESPACE = 'Cytoqueue';

/** Settings of one environment; the stacks read nothing else. */
export interface Settings {
  /** Part of every resource name, and the value of the metrics' dimension Environment. */
  readonly environment: string;
  /** Availability zones of tasks and Redis. The load balancer always has two, its minimum. */
  readonly zones: 1 | 2;
  /**
   * `private`: subnets without internet access; tasks reach AWS through endpoints in each zone. `public`: public
   * addresses that accept no connections, without the cost of endpoints.
   */
  readonly taskSubnets: 'private' | 'public';
  readonly cpuArchitecture: 'X86_64' | 'ARM64';
  readonly api: {
    readonly cpu: number;
    readonly memoryMiB: number;
    readonly minTasks: number;
    readonly maxTasks: number;
  };
  readonly worker: { readonly cpu: number; readonly memoryMiB: number };
  /** How many of four workers beyond the minimum run on Spot. */
  readonly spotWeight: 0 | 1 | 2 | 3 | 4;
  readonly scaling: ScalingPolicy;
  readonly redis: { readonly nodeType: string; readonly nodes: number; readonly snapshotDays: number };
  readonly retentionDays: number;
  /** Retention of confirmed diagnoses. */
  readonly confirmationRetentionDays: number;
  /** Retention of log groups. */
  readonly logDays: 7 | 30 | 90 | 365;
  /** Keeps the data when the stack is deleted. */
  readonly retainData: boolean;
  /**
   * Deletion protection, on after the first successful deployment. Before that a failed creation must be able to roll
   * back.
   */
  readonly isProtected: boolean;
  readonly monthlyBudgetUsd: number;
  /** Recipient of alarms and budget warnings; no mail when absent. */
  readonly alarmEmail?: string | undefined;
  /** Recorded for the next deployment: public name and digest of the images' base. */
  readonly domainName?: string | undefined;
  readonly nodeImage?: string | undefined;
}

const minimal: Settings = {
  environment: 'minimal',
  zones: 1,
  taskSubnets: 'public',
  cpuArchitecture: 'X86_64',
  api: { cpu: 256, memoryMiB: 512, minTasks: 1, maxTasks: 2 },
  worker: { cpu: 1024, memoryMiB: 2048 },
  spotWeight: 4,
  scaling: { ...defaultPolicy, minWorkers: 1, maxWorkers: 4 },
  redis: { nodeType: 'cache.t4g.micro', nodes: 1, snapshotDays: 0 },
  retentionDays: 30,
  confirmationRetentionDays: 1_826,
  logDays: 30,
  retainData: false,
  isProtected: false,
  monthlyBudgetUsd: 150,
};

const production: Settings = {
  environment: 'production',
  zones: 2,
  taskSubnets: 'private',
  cpuArchitecture: 'X86_64',
  api: { cpu: 1024, memoryMiB: 2048, minTasks: 2, maxTasks: 10 },
  worker: { cpu: 1024, memoryMiB: 2048 },
  spotWeight: 3,
  scaling: defaultPolicy,
  redis: { nodeType: 'cache.t4g.small', nodes: 2, snapshotDays: 7 },
  retentionDays: 30,
  confirmationRetentionDays: 1_826,
  logDays: 365,
  retainData: true,
  isProtected: false,
  monthlyBudgetUsd: 1_500,
};

const environments: Readonly<Record<string, Settings>> = { minimal, production };

export function clusterNameOf({ environment }: Pick<Settings, 'environment'>): string {
  return `cytoqueue-${environment}`;
}

export function alarmNameOf(settings: Pick<Settings, 'environment'>, id: string): string {
  return `${clusterNameOf(settings)}-${id}`;
}

/** Reads a value of CDK's context; strings when it comes from `--context name=value`. */
export type ReadContext = (name: string) => unknown;

/**
 * The environment that `--context environment=…` names, `production` without; `cpuArchitecture`, `alarmEmail`,
 * `monthlyBudgetUsd`, `protected`, `domainName` and `nodeImage` may be given over it.
 * @throws Error that names the context value which cannot be used
 */
export function readSettings(read: ReadContext): Settings {
  const name = toText(read('environment')) ?? 'production';
  const settings = environments[name] ?? invalidSetting('environment', Object.keys(environments));
  const cpuArchitecture = read('cpuArchitecture') ?? settings.cpuArchitecture;
  if (cpuArchitecture !== 'X86_64' && cpuArchitecture !== 'ARM64')
    return invalidSetting('cpuArchitecture', ['X86_64', 'ARM64']);
  const monthlyBudgetUsd = Number(read('monthlyBudgetUsd') ?? settings.monthlyBudgetUsd);
  if (!(monthlyBudgetUsd > 0)) return invalidSetting('monthlyBudgetUsd', ['an amount above 0']);
  const isProtected = settings.retainData && read('protected') === 'true';
  const [alarmEmail, domainName, nodeImage] = ['alarmEmail', 'domainName', 'nodeImage'].map((context) =>
    toText(read(context)),
  );
  return { ...settings, cpuArchitecture, monthlyBudgetUsd, isProtected, alarmEmail, domainName, nodeImage };
}

/** Undefined when the value is absent or empty. */
function toText(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function invalidSetting(name: string, allowed: readonly string[]): never {
  throw new Error(`the context value ${name} must be ${allowed.join(' or ')}`);
}
