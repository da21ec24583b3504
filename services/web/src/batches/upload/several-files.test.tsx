/** @jest-environment jsdom */
import type { Session } from '@cytoqueue/client';
import { screen, waitFor } from '@testing-library/dom';
import { client, noRetryClient } from '../../api/clients';
import { finishedBatch, preflightReport, problem, renderPage } from '../../page.test.fixtures';
import { useSession } from '../../session/use-session';
import { SeveralFiles } from './several-files';

const toFile = (name: string) => new File(['V1\n1'], name);

afterEach(() => jest.restoreAllMocks());

test('files that can be accepted are scored, the others say why not, and a file that failed is sent again with its key', async () => {
  jest
    .spyOn(client, 'preflight')
    .mockImplementation((_, options) =>
      Promise.resolve(
        options?.filename === 'bad.csv'
          ? preflightReport({ accepted: false, problems: [{ code: 'x', detail: 'A column is missing.' }] })
          : preflightReport({}),
      ),
    );
  const upload = jest
    .spyOn(client, 'uploadBatch')
    .mockResolvedValueOnce(finishedBatch('batch_1'))
    .mockRejectedValueOnce(problem(503))
    .mockResolvedValue(finishedBatch('batch_2'));
  const files = ['a.csv', 'bad.csv', 'b.csv'].map(toFile);
  const user = renderPage(<SeveralFiles files={files} selectionId="1" />);
  await screen.findByText('A column is missing.');
  await user.click(await screen.findByText('Score 2 files'));
  await screen.findByText('A file was not sent. Send the remaining ones again.');
  await user.click(screen.getByText('Score 1 file'));
  await waitFor(() => expect(screen.getAllByText('Open the batch')).toHaveLength(2));
  const sent = upload.mock.calls.map(([, options]) => options);
  expect(sent.map((options) => options?.filename)).toEqual(['a.csv', 'b.csv', 'b.csv']);
  expect(sent[2]?.idempotencyKey).toBe(sent[1]?.idempotencyKey);
});

test('a file unlike the training data is not among those to score', async () => {
  jest
    .spyOn(client, 'preflight')
    .mockImplementation((_, options) =>
      Promise.resolve(
        preflightReport(
          options?.filename === 'unlike.csv' ? { drift: { verdict: 'unlike_training', columns: [] } } : {},
        ),
      ),
    );
  renderPage(<SeveralFiles files={['a.csv', 'unlike.csv'].map(toFile)} selectionId="1" />);
  await screen.findByText('Unlike the training data: check it alone');
  expect(await screen.findByText('Score 1 file')).not.toBeNull();
});

test('a check that is refused for an expired session ends it, as on other pages', async () => {
  jest.spyOn(client, 'preflight').mockRejectedValue(problem(401));
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({} as Session);
  function SessionState() {
    return <p>{useSession() === null ? 'signed out' : 'signed in'}</p>;
  }
  renderPage(
    <>
      <SessionState />
      <SeveralFiles files={['a.csv', 'b.csv'].map(toFile)} selectionId="1" />
    </>,
  );
  expect(await screen.findByText('signed out')).not.toBeNull();
});
