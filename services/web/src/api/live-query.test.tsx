/** @jest-environment jsdom */
import { screen, waitFor } from '@testing-library/dom';
import { renderPage } from '../page.test.fixtures';
import { useLiveQuery } from './live-query';

type State = 'waiting' | 'done';

function Live({ get, events }: { get: () => Promise<State>; events: () => AsyncGenerator<State> }) {
  const { data } = useLiveQuery<State>({ queryKey: ['live'], get, events, isFinished: (state) => state === 'done' });
  return <p>{data ?? 'loading'}</p>;
}

test('a state of the event stream is shown without another request', async () => {
  const get = jest.fn<Promise<State>, []>().mockResolvedValue('waiting');
  async function* events(): AsyncGenerator<State> {
    await screen.findByText('waiting');
    yield 'done';
  }
  renderPage(<Live get={get} events={events} />);
  await screen.findByText('done');
  expect(get).toHaveBeenCalledTimes(1);
});

test('once the event stream has failed, the state is polled', async () => {
  const get = jest.fn<Promise<State>, []>().mockResolvedValueOnce('waiting').mockResolvedValue('done');
  // oxlint-disable-next-line require-yield -- fails before the first state
  async function* events(): AsyncGenerator<State> {
    throw new Error('no streams in this network');
  }
  renderPage(<Live get={get} events={events} />);
  await screen.findByText('done');
  expect(get).toHaveBeenCalledTimes(2);
});

test('a response that is older than the last event does not stay', async () => {
  const answers: ((state: State) => void)[] = [];
  const get = jest.fn<Promise<State>, []>(() => new Promise((resolve) => answers.push(resolve)));
  let refetch = (): void => undefined;
  function LiveWithRefetch({ events }: { events: () => AsyncGenerator<State> }) {
    const query = useLiveQuery<State>({ queryKey: ['live'], get, events, isFinished: (state) => state === 'done' });
    refetch = () => void query.refetch();
    return <p>{query.data ?? 'loading'}</p>;
  }
  async function* events(): AsyncGenerator<State> {
    await screen.findByText('waiting');
    refetch();
    yield 'done';
    // In the same turn as the event, so that the page never shows it.
    answers.at(-1)?.('waiting');
  }
  renderPage(<LiveWithRefetch events={events} />);
  answers[0]?.('waiting');
  await waitFor(() => expect(answers.length).toBeGreaterThan(2));
  answers.slice(2).forEach((answer) => answer('done'));
  await screen.findByText('done');
});
