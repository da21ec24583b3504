import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Model } from '@cytoqueue/classifier';
import { rowsOf } from '../batch/check-results';
import { writeInputFile } from '../batch/input-file';
import { shippedModel } from '../classifier/models';
import { SCRIPTS, presentPeers, pythonInterpreter } from '../python';
import { median, ratioOf, ratioText, rounded } from '../statistics';
import type { BenchOptions } from '../bench-options';
import { withStack } from '../service/bench-stack';
import { runBatch } from '../batch/run-batch';

const ROWS = 10_000;
/** The peer needs some 10 ms per row, so it gets fewer and its time is extrapolated. */
const PEER_ROWS = 500;
/** The peer computes distances in single precision. */
const MAX_DIFFERENCE = 1e-4;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const PEERS = { shapley_numpy: 'numpy' } as const;

interface PeerAnswer {
  readonly seconds: number;
  readonly numpy: string;
  /** Shapley values by row, in the order of the model's features. */
  readonly values: readonly (readonly number[])[];
}

/** Compares a batch with evidence, upload to download, with exact Shapley values by enumeration in NumPy. */
export async function benchExplain({ environment, rounds, rows = ROWS, python }: BenchOptions): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'cytoqueue-bench-explain-'));
  const interpreter = pythonInterpreter(python);
  const model = shippedModel('wbc-knn');
  try {
    console.log(`\nexplain: ${rows.toLocaleString('en')} rows with evidence`);
    const [input, output] = [join(folder, 'input.csv'), join(folder, 'output.csv')];
    const [peerInput, peerModel] = [join(folder, 'peer.csv'), join(folder, 'model.json')];
    await writeInputFile(input, rows, model);
    await writeInputFile(peerInput, PEER_ROWS, model);
    await writeFile(peerModel, JSON.stringify(toPeerModel(model)));
    const hasPeer = (await presentPeers(interpreter, PEERS)).length > 0;
    const seconds: number[] = [];
    const peerAnswers: PeerAnswer[] = [];
    for (let round = 0; round < rounds; round++) {
      seconds.push(
        await withStack(environment, { WORKERS: '1' }, async (stack) => {
          return (await runBatch(stack, input, output, { explain: true })).wall;
        }),
      );
      if (!hasPeer) continue;
      peerAnswers.push(await runPeer(interpreter, peerModel, peerInput));
      if (round === 0) await checkPeer(peerAnswers[0]!, output, model);
    }
    return report(rows, seconds, peerAnswers);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function toPeerModel({ file, training }: Model): object {
  if (file.calibration === null) throw new Error('the peer needs a model with a calibration');
  const { features, k, calibration } = file;
  const { samples, featureCount, rows, labels } = training;
  return {
    features,
    k,
    epsilon: calibration.epsilon,
    ...calibration.platt,
    labels: Array.from(labels),
    training: Array.from({ length: rows }, (_, row) =>
      Array.from(samples.subarray(row * featureCount, (row + 1) * featureCount)),
    ),
  };
}

async function runPeer(python: string, model: string, input: string): Promise<PeerAnswer> {
  const args = [join(SCRIPTS, 'shapley_numpy.py'), model, input];
  const { stdout } = await promisify(execFile)(python, args, { maxBuffer: MAX_OUTPUT_BYTES });
  return JSON.parse(stdout) as PeerAnswer;
}

/** Both files begin with the same rows. @throws Error when a value of the peer differs from the service's */
async function checkPeer({ values }: PeerAnswer, output: string, model: Model): Promise<void> {
  let columns: number[] | undefined;
  let row = 0;
  for await (const cells of rowsOf(output)) {
    if (columns === undefined) {
      columns = model.file.features.map((name) => cells.indexOf(`shapley_${name}`));
      continue;
    }
    const expected = values[row++];
    if (expected === undefined) return;
    columns.forEach((column, feature) => {
      const difference = Math.abs(Number(cells[column]) - (expected[feature] ?? NaN));
      if (!(difference <= MAX_DIFFERENCE))
        throw new Error(`row ${row}: the peer's Shapley values differ by ${difference}`);
    });
  }
}

function report(rows: number, seconds: readonly number[], answers: readonly PeerAnswer[]): object {
  const service = { rows, wall_seconds: rounded(median(seconds)) };
  console.log(`  Cytoqueue        ${service.wall_seconds} s`);
  if (answers.length === 0) return { ...service, peers: { shapley_numpy: null } };
  const peerSeconds = answers.map((answer) => (answer.seconds * rows) / PEER_ROWS);
  const ratio = ratioOf(peerSeconds.map((each, round) => each / (seconds[round] ?? NaN)));
  const wall_seconds = rounded(median(peerSeconds));
  console.log(
    `  shapley_numpy    ${wall_seconds} s, extrapolated from ${PEER_ROWS} rows; ${ratioText(ratio)} times as long`,
  );
  return { ...service, peers: { shapley_numpy: { wall_seconds, ratio, versions: { numpy: answers[0]?.numpy } } } };
}
