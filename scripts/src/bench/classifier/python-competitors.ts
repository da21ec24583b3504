import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Model } from '@cytoqueue/classifier';
import { SCRIPTS, pythonInterpreter } from '../python';

/** Version, dtype and algorithm, which a ratio needs to be meaningful. */
export interface CompetitorDescription {
  readonly version: string;
  readonly dtype: string;
  readonly algorithm: string;
}

const SCRIPT = join(SCRIPTS, 'peers.py');

/** Runs scikit-learn and faiss in a Python process, if available; installs nothing. */
export class PythonCompetitors {
  private constructor(
    private readonly process: ChildProcess,
    private readonly answers: AsyncIterator<string>,
  ) {}

  /** @param interpreter default: the system's */
  static start(interpreter: string | undefined): PythonCompetitors {
    const python = spawn(pythonInterpreter(interpreter), [SCRIPT], { stdio: ['pipe', 'pipe', 'ignore'] });
    python.on('error', () => {});
    python.stdin.on('error', () => {});
    return new PythonCompetitors(python, createInterface({ input: python.stdout })[Symbol.asyncIterator]());
  }

  /** @returns description of each competitor, or null when it is not available */
  async load(
    model: Model,
    queries: Float64Array,
    { trees = false } = {},
  ): Promise<Record<string, CompetitorDescription | null>> {
    const { training, file } = model;
    const { metric, rule, k } = file;
    const request = {
      op: 'load',
      metric,
      rule,
      k,
      trees,
      features: training.featureCount,
      labels: Array.from(training.labels),
    };
    const descriptions = await this.ask({
      ...request,
      training: encode(scale(training.samples, model)),
      queries: encode(scale(queries, model)),
    });
    return (descriptions ?? { sklearn_brute: null, faiss: null }) as Record<string, CompetitorDescription | null>;
  }

  /** The k smallest distances from each of the first queries to the training rows. */
  async distances(peer: string, rows: number): Promise<number[][]> {
    return (await this.ask({ op: 'answers', peer, rows })) as number[][];
  }

  async cpuSeconds(peer: string, rows: number): Promise<number> {
    return (await this.ask({ op: 'run', peer, rows })) as number;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.pid === undefined) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin?.end();
    await ended;
  }

  /** Undefined when there is no Python, or none with numpy. */
  private async ask(request: object): Promise<unknown> {
    this.process.stdin?.write(`${JSON.stringify(request)}\n`);
    const answer = await this.answers.next();
    return answer.done === true ? undefined : JSON.parse(answer.value);
  }
}

function encode(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

function scale(samples: Float64Array, { file, training }: Model): Float64Array {
  const { scaling } = file;
  if (scaling === null) return samples;
  const { center, scale: deviation } = scaling;
  return samples.map((value, i) => {
    const feature = i % training.featureCount;
    return (value - center[feature]!) / deviation[feature]!;
  });
}
