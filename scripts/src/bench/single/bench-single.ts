import { Classifier } from '@cytoqueue/classifier';
import { VoteRanges } from '../batch/check-competitor';
import { shippedModel } from '../classifier/models';
import { TRAINING, presentPeers, pythonInterpreter } from '../python';
import { type Ratio, median, quantile, ratioOf, ratioText, rounded } from '../statistics';
import type { BenchOptions } from '../bench-options';
import { type RunningStack, withStack } from '../service/bench-stack';
import { type HttpPeerName, PYTHON_PEERS, withHttpPeer } from './http-peers';
import { predictionBodies } from './prediction-bodies';
import { type RecordService, answerOneByOne, sendAtOnce } from './record-service';

const MODEL = 'wbc-knn';
const WARM_UP = 200;
const WAITING_REQUESTS = 600;
const CLIENTS = 32;
const CONCURRENT_REQUESTS = 4_000;
const WAIT_SECONDS = 30;
/** A peer's probability is a share of this many rows. */
const PEER_K = 5;

interface SingleRun {
  readonly p50: number;
  readonly p99: number;
  /** Latency of acceptance with many clients. */
  readonly acceptedP50: number;
  readonly acceptedP99: number;
  readonly acceptedPerSecond: number;
  readonly finishedPerSecond: number;
}

interface Round {
  readonly service: SingleRun;
  readonly peers: Partial<Record<HttpPeerName, SingleRun>>;
}

/** Measures the latency of single records for one client, and records per second for many, of the service and its peers in turn. */
export async function benchSingle({ environment, rounds, python }: BenchOptions): Promise<unknown> {
  const interpreter = pythonInterpreter(python);
  console.log(`\nsingle: latency of one client, rates of ${CLIENTS} clients`);
  const peers: HttpPeerName[] = ['plain_node', ...(await presentPeers(interpreter, PYTHON_PEERS))];
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    // New records in each round, so that no cache of an earlier round helps.
    const bodies = predictionBodies(shippedModel(MODEL), CONCURRENT_REQUESTS, round + 1);
    const service = await withStack(environment, { WORKERS: '1' }, (stack) =>
      runSingle(toRecordService(stack), bodies, checkService),
    );
    const runs: Partial<Record<HttpPeerName, SingleRun>> = {};
    for (const name of peers)
      runs[name] = await withHttpPeer({ name, python: interpreter, environment }, bodies[0]!, (peer) =>
        runSingle(peer, bodies, name === 'plain_node' ? checkService : checkPeer),
      );
    measured.push({ service, peers: runs });
  }
  return report(measured, peers);
}

function toRecordService({ api }: RunningStack): RecordService {
  return {
    accept: async (body) => (await api.createPrediction(body)).id,
    isFinished: async (id) => (await api.getPrediction(id)).status === 'succeeded',
    answer: async (body) => (await api.createPrediction(body, WAIT_SECONDS)).result?.probability_malignant ?? NaN,
  };
}

async function runSingle(
  service: RecordService,
  bodies: readonly string[],
  check: (service: RecordService, bodies: readonly string[]) => Promise<void>,
): Promise<SingleRun> {
  await check(service, bodies.slice(0, WARM_UP));
  const waited = await answerOneByOne(service, bodies.slice(WARM_UP, WARM_UP + WAITING_REQUESTS));
  const { accepted, acceptedPerSecond, finishedPerSecond } = await sendAtOnce(service, bodies, CLIENTS);
  return {
    p50: quantile(waited, 0.5),
    p99: quantile(waited, 0.99),
    acceptedP50: quantile(accepted, 0.5),
    acceptedP99: quantile(accepted, 0.99),
    acceptedPerSecond,
    finishedPerSecond,
  };
}

/** Warms the service up and checks its results against the model. */
async function checkService(service: RecordService, bodies: readonly string[]): Promise<void> {
  const classifier = new Classifier(shippedModel(MODEL));
  for (const body of bodies) {
    const features = featuresOf(body);
    const sample = classifier.model.file.features.map((name) => features[name] ?? NaN);
    const expected = classifier.predict(sample).probability;
    const probability = await service.answer(body);
    if (probability !== expected) throw new Error(`a record was answered ${probability} instead of ${expected}`);
  }
}

/** A peer breaks ties of distance in its own way: every share that some choice among tied rows gives is right. */
async function checkPeer(peer: RecordService, bodies: readonly string[]): Promise<void> {
  const votes = new VoteRanges(TRAINING);
  for (const body of bodies) {
    const [least, most] = votes.of(Object.values(featuresOf(body)).map(String));
    const count = (await peer.answer(body)) * PEER_K;
    if (!(count > least - 1e-6 && count < most + 1e-6))
      throw new Error(`a peer counts ${count} malignant rows; right are ${least} to ${most}`);
  }
}

function featuresOf(body: string): Record<string, number> {
  return (JSON.parse(body) as { features: Record<string, number> }).features;
}

function report(rounds: readonly Round[], peers: readonly HttpPeerName[]): object {
  const ratioTo = (name: HttpPeerName, figure: keyof SingleRun): Ratio =>
    ratioOf(rounds.map((round) => round.service[figure] / (round.peers[name]?.[figure] ?? NaN)));
  const peerFigures = peers.map((name) => {
    const figures = toFigures(rounds.map((round) => round.peers[name] as SingleRun));
    const ratio = {
      accepted: ratioTo(name, 'acceptedPerSecond'),
      finished: ratioTo(name, 'finishedPerSecond'),
      p50: ratioTo(name, 'p50'),
    };
    print(name, figures);
    console.log(
      `    Cytoqueue to ${name}: accepted ${ratioText(ratio.accepted)}, finished ${ratioText(ratio.finished)}, p50 ${ratioText(ratio.p50)}`,
    );
    return [name, { ...figures, ratio }];
  });
  const service = toFigures(rounds.map((round) => round.service));
  print('Cytoqueue', service);
  return {
    ...service,
    clients: CLIENTS,
    requests: CONCURRENT_REQUESTS,
    peers: Object.fromEntries(peerFigures) as object,
  };
}

function toFigures(runs: readonly SingleRun[]) {
  const of = (figure: keyof SingleRun) => rounded(median(runs.map((run) => run[figure])));
  return {
    wait_ms: { p50: of('p50'), p99: of('p99') },
    accepted_ms: { p50: of('acceptedP50'), p99: of('acceptedP99') },
    accepted_per_second: of('acceptedPerSecond'),
    finished_per_second: of('finishedPerSecond'),
  };
}

function print(
  name: string,
  { wait_ms, accepted_per_second, finished_per_second }: ReturnType<typeof toFigures>,
): void {
  console.log(
    `  ${name.padEnd(16)} p50 ${wait_ms.p50} ms, p99 ${wait_ms.p99} ms; accepted ${accepted_per_second}/s, finished ${finished_per_second}/s`,
  );
}
