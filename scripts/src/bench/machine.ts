import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '@cytoqueue/runtime';
import type { Environment } from '../stack/launch';
import { serviceNode } from '../stack/service-node';
import { rounded } from './statistics';

const OBSERVED_MS = 3_000;
/** With more of the processors in use by others, even ratios of alternating runs scatter. */
const MAX_BUSY_SHARE = 0.1;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** Version of Node.js that the benchmark and the classifier in it ran with. */
  readonly node: string;
  /** Version of Node.js that the services ran with. */
  readonly service_node: string;
  /** Share of all processors that other programs used before the benchmark. */
  readonly busy_share: number;
}

/** Describes the machine, and warns when others use it. */
export async function describeMachine(environment: Environment): Promise<Machine> {
  const before = usedAndTotal();
  await sleep(OBSERVED_MS);
  const after = usedAndTotal();
  const busy_share = rounded((after.used - before.used) / (after.total - before.total));
  if (busy_share > MAX_BUSY_SHARE)
    console.log(
      `Warning: other programs use ${Math.round(busy_share * 100)} % of the processors; the figures will scatter.`,
    );
  const program = serviceNode(loadConfig(environment).serviceNode);
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    service_node: execFileSync(program, ['--version'], { encoding: 'utf8' }).trim(),
    busy_share,
  };
}

function usedAndTotal(): { used: number; total: number } {
  let [used, total] = [0, 0];
  for (const { times } of cpus()) {
    const sum = Object.values(times).reduce((all, time) => all + time, 0);
    total += sum;
    used += sum - times.idle;
  }
  return { used, total };
}
