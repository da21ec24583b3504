import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { resolve } from 'node:path';
import { rounded } from '../statistics';

const FILE = resolve(__dirname, '../../../../packages/scaling/src/throughput.json');
const CONFIGURATION = '1 worker, 1 thread';

/** Measurements of `benchBatch` from which the scaling policy is derived. */
interface BatchMeasurements {
  readonly rows: number;
  readonly service: Readonly<
    Record<
      typeof CONFIGURATION,
      {
        readonly rows_per_second: number;
        readonly stage_seconds: { readonly scoring: number; readonly finalizing: number };
      }
    >
  >;
}

/** Writes the measured throughput as the base of the scaling policy's defaults. */
export async function writeThroughput(figures: unknown): Promise<void> {
  const before = await readFile(FILE, 'utf8');
  const after = `${JSON.stringify(toThroughput(figures as BatchMeasurements), null, 2)}\n`;
  await writeFile(FILE, after);
  console.log(`\n${FILE}, before:\n${before}now:\n${after}Build, then redraw the charts: npm run simulate`);
}

/** A worker's throughput excludes upload and download, which are the API's work. */
function toThroughput({ rows, service }: BatchMeasurements): object {
  const { rows_per_second, stage_seconds } = service[CONFIGURATION];
  return {
    measured_on: new Date().toISOString().slice(0, 10),
    machine: `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}`,
    rows,
    rows_per_second: {
      worker: rounded(rows / (stage_seconds.scoring + stage_seconds.finalizing)),
      service: rows_per_second,
    },
  };
}
