import { followStates, parseEvents } from './event-stream';

const retry = { attempts: 3, baseDelayMs: 1, maxDelayMs: 1 };

async function* inPieces(text: string, bytes: number): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('parseEvents', () => {
  const stream = ': hello\n\nid: a\nevent: status\ndata: {"name":"é"}\n\ndata: one\ndata: two\n\nid: cut\ndata: off';

  it.each([1, 2, 3, 1_000])('reads events from pieces of %i bytes', async (bytes) => {
    expect(await collect(parseEvents(inPieces(stream, bytes)))).toEqual([
      { id: 'a', data: '{"name":"é"}' },
      { id: undefined, data: 'one\ntwo' },
    ]);
  });

  it('accepts LF and CRLF', async () => {
    expect(await collect(parseEvents(inPieces('id: 1\r\ndata: x\r\n\r\n', 1)))).toEqual([{ id: '1', data: 'x' }]);
  });
});

describe('followStates', () => {
  const state = (n: number) => `id: ${n}\ndata: ${JSON.stringify({ n })}\n\n`;
  const isFinal = ({ n }: { n: number }) => n === 3;

  function follow(answers: (Response | Error)[], signal?: AbortSignal) {
    const asked: (string | undefined)[] = [];
    const open = async (lastId: string | undefined): Promise<Response> => {
      asked.push(lastId);
      const answer = answers.shift() as Response | Error;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    return { asked, states: collect(followStates<{ n: number }>({ open, isFinal, retry, signal })) };
  }

  it('resumes an interrupted stream after the last event', async () => {
    const { asked, states } = follow([
      new Response(state(1) + state(2)),
      new Response(''),
      new Response(state(3) + state(4)),
    ]);
    expect(await states).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(asked).toEqual([undefined, '2', '2']);
  });

  it("fails after the policy's number of attempts without an event", async () => {
    const { asked, states } = follow([
      new Response(state(1)),
      new Response(''),
      new Response(''),
      new Response(state(3)),
    ]);
    await expect(states).rejects.toThrow('ended early');
    expect(asked).toHaveLength(3);
  });

  it('keeps following an unchanged state: a stream that lasted is not a failed attempt', async () => {
    let nowMs = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => (nowMs += 5 * 60_000));
    const silent = Array.from({ length: 20 }, () => new Response(''));
    const { states } = follow([new Response(state(1)), ...silent, new Response(state(3))]);
    expect(await states).toEqual([{ n: 1 }, { n: 3 }]);
    clock.mockRestore();
  });

  it('does not retry a permanent failure', async () => {
    const { asked, states } = follow([new SyntaxError('no JSON')]);
    await expect(states).rejects.toThrow('no JSON');
    expect(asked).toHaveLength(1);
  });

  it('rejects with the reason of its signal', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(follow([new Response('')], controller.signal).states).rejects.toThrow('enough');
  });
});
