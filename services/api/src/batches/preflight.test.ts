import { schemas } from '@cytoqueue/schema';
import { HEADER, ROW } from '../../../../test/src/support/csv-rows';
import { preflight } from './preflight';

const LIMITS = { maxUploadBytes: 1e9, shardRows: 1_000 };
const CHUNK = Buffer.from(ROW.repeat(3_000));
const CHUNKS = 10;

/** All of it is at hand at once, as from a fast client: nothing here waits for the event loop. */
async function* file(): AsyncGenerator<Uint8Array> {
  yield Buffer.from(HEADER);
  for (let chunk = 0; chunk < CHUNKS; chunk++) yield CHUNK;
}

test('preflights share the event loop: between two slices of all of them, everything else has its turn', async () => {
  let running = true;
  let turns = 0;
  const count = () => {
    turns++;
    if (running) setImmediate(count);
  };
  setImmediate(count);
  const preflights = 4;
  const charged: number[] = [];
  await Promise.all(
    Array.from({ length: preflights }, () =>
      preflight(file(), schemas['wbc'] ?? Object.values(schemas)[0], LIMITS, 'partial', (rows) => charged.push(rows)),
    ),
  );
  running = false;
  const slices = preflights * CHUNKS * Math.ceil(CHUNK.length / (16 * 1024));
  expect(turns).toBeGreaterThanOrEqual(slices);
  expect(charged).toEqual(Array(preflights).fill(CHUNKS * 3_000));
});
