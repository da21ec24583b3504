import { ConnectionError, parseResponse } from './api-error';
import { type RetryPolicy, retryDelayMs, isRetryable, sleep } from './retry';

export interface ServerEvent {
  id: string | undefined;
  data: string;
}

/** Parses a `text/event-stream` body (HTML standard, section 9.2). Ignores comments and a truncated last event. */
export async function* parseEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n\r\n|\n\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event !== undefined) yield event;
    }
  }
}

function parseBlock(block: string): ServerEvent | undefined {
  const data: string[] = [];
  let id: string | undefined;
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === 'data') data.push(value ?? '');
    if (name === 'id') id = value;
  }
  return data.length === 0 ? undefined : { id, data: data.join('\n') };
}

interface FollowOptions<T> {
  /** Opens the stream after the last event seen. */
  open: (lastEventId: string | undefined) => Promise<Response>;
  isFinal: (state: T) => boolean;
  retry: RetryPolicy;
  signal: AbortSignal | undefined;
}

/** A stream that lasted this long does not count as a failed attempt. */
const STABLE_CONNECTION_MS = 60_000;

/**
 * Yields states until the final one. Resumes an interrupted stream after the last event. Failures are counted from zero after
 * each event and after each stream that lasted a minute, because the server ends every stream after five minutes.
 */
export async function* followStates<T>({ open, isFinal, retry, signal }: FollowOptions<T>): AsyncGenerator<T> {
  let lastId: string | undefined;
  for (let failures = 0; ;) {
    const openedAtMs = performance.now();
    try {
      for await (const { id, data } of parseEvents(bodyOf(await open(lastId)))) {
        const state = parseResponse<T>(data, null);
        lastId = id ?? lastId;
        failures = 0;
        yield state;
        if (isFinal(state)) return;
      }
      throw new ConnectionError('the stream of events ended early');
    } catch (error) {
      signal?.throwIfAborted();
      const isTransient = isRetryable(error) || error instanceof TypeError;
      if (performance.now() - openedAtMs >= STABLE_CONNECTION_MS) failures = 0;
      if (!isTransient || ++failures >= retry.attempts) throw error;
      await sleep(retryDelayMs(error, failures, retry), signal);
    }
  }
}

/** Not all browsers support async iteration of streams. */
async function* bodyOf({ body }: Response): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
