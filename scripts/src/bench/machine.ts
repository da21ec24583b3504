import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { rounded } from './statistics';

const OBSERVED_MS = 3_000;
/** With more of the processors in use by others, even ratios of alternating runs scatter. */
const MAX_BUSY_SHARE = 0.1;

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  /** Share of all processors that other programs used before the benchmark. */
  readonly busy_share: number;
}

/** Describes the machine, and warns when others use it. */
export async function describeMachine(): Promise<Machine> {
  const before = usedAndTotal();
  await sleep(OBSERVED_MS);
  const after = usedAndTotal();
  const busy_share = rounded((after.used - before.used) / (after.total - before.total));
  if (busy_share > MAX_BUSY_SHARE)
    console.log(
      `Warning: other programs use ${Math.round(busy_share * 100)} % of the processors; the figures will scatter.`,
    );
  return { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version, busy_share };
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
