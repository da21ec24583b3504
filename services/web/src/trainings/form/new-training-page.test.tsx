/** @jest-environment jsdom */
import { screen, within } from '@testing-library/dom';
import type { UserEvent } from '@testing-library/user-event';
import { client } from '../../api/clients';
import { finishedTraining, problem, renderPage } from '../../page.test.fixtures';
import { NewTrainingPage } from './new-training-page';

const CSV = 'Fall;TSH;Volumen;Befund\nF1;0,5;10;gut\nF2;2,5;12;schlecht\nF2;1,5;11;gut\n';

async function choose(user: UserEvent, text = CSV, name = 'cases.csv'): Promise<void> {
  await user.upload(document.querySelector('input[type=file]') as HTMLInputElement, new File([text], name));
  await screen.findByText('Start the training');
}

const start = () => screen.getByRole<HTMLButtonElement>('button', { name: 'Start the training' });

afterEach(() => jest.restoreAllMocks());

test('a file of a known schema is sent with the chosen columns, and its training is opened', async () => {
  const create = jest.spyOn(client, 'createTraining').mockResolvedValue(finishedTraining());
  const user = renderPage(<NewTrainingPage />);
  await choose(user);
  expect(start().disabled).toBe(true);
  await user.type(screen.getByLabelText('Name of the model'), 'mylab');
  await user.selectOptions(screen.getByLabelText('Features of the file'), 'Wisconsin grades (wbc)');
  await user.selectOptions(screen.getByLabelText('Column with the known diagnosis'), 'Befund');
  await user.selectOptions(screen.getByLabelText(/^Column that identifies the patient/), 'Fall');
  await user.click(screen.getByText('More options'));
  await user.type(screen.getByLabelText('Seed (optional)'), '7');
  await user.click(start());
  await screen.findByText('now at /trainings/training_1');
  expect(create).toHaveBeenCalledWith(
    expect.any(File),
    expect.objectContaining({
      name: 'mylab',
      schema: 'wbc',
      label: 'Befund',
      group: 'Fall',
      seed: 7,
      filename: 'cases.csv',
    }),
  );
});

test('own features are prefilled from the rows, and two classes are named, one of them positive', async () => {
  const create = jest.spyOn(client, 'createTraining').mockResolvedValue(finishedTraining());
  const user = renderPage(<NewTrainingPage />);
  await choose(user);
  await user.type(screen.getByLabelText('Name of the model'), 'mylab');
  await user.selectOptions(screen.getByLabelText('Features of the file'), 'Own features');
  await user.selectOptions(screen.getByLabelText('Column with the known diagnosis'), 'Befund');
  const highest = screen.getByLabelText<HTMLInputElement>('Highest value of TSH');
  expect(highest.value).toBe('2.5');
  await user.clear(highest);
  await user.type(highest, '200');
  await user.click(screen.getByLabelText('Volumen'));
  await user.click(screen.getByLabelText('schlecht'));
  await user.click(start());
  await screen.findByText('now at /trainings/training_1');
  expect(create.mock.calls[0]?.[1].schema).toEqual({
    title: 'Features of mylab',
    features: [{ name: 'tsh', title: 'TSH', type: 'real', min: 0.5, max: 200, aliases: ['TSH'] }],
    labels: ['gut', 'schlecht'],
    positive: 'schlecht',
    label_values: [['gut'], ['schlecht']],
    label_columns: ['Befund'],
  });
});

test('the columns of a workbook are typed, and its own features are left to the command', async () => {
  const user = renderPage(<NewTrainingPage />);
  await choose(user, 'PK\u0003\u0004', 'cases.xlsx');
  await user.type(screen.getByLabelText('Name of the model'), 'mylab');
  await user.type(screen.getByLabelText('Column with the known diagnosis'), 'Befund');
  await user.selectOptions(screen.getByLabelText('Features of the file'), 'Own features');
  await screen.findByText(/Save it as CSV, or use the command/);
  expect(start().disabled).toBe(true);
  await user.selectOptions(screen.getByLabelText('Features of the file'), 'Diagnostic data (wdbc)');
  expect(start().disabled).toBe(false);
});

test('a refused file is shown with row and reason; a changed request has another key than the one that was lost', async () => {
  const errors = [{ row: 3, column: 'Befund', code: 'invalid-label', detail: '"unklar" is no class' }];
  const create = jest.spyOn(client, 'createTraining').mockRejectedValueOnce(problem(422, { errors }));
  create.mockRejectedValue(problem(503));
  const user = renderPage(<NewTrainingPage />);
  await choose(user);
  await user.type(screen.getByLabelText('Name of the model'), 'mylab');
  await user.selectOptions(screen.getByLabelText('Features of the file'), 'wbc');
  await user.selectOptions(screen.getByLabelText('Column with the known diagnosis'), 'Befund');
  await user.click(start());
  const refused = await screen.findByRole('alert');
  expect(within(refused).getByRole('listitem').textContent).toBe('Row 3: Befund: "unklar" is no class');
  await user.click(start());
  await screen.findByText(/The training may have started/);
  await user.click(start());
  await user.type(screen.getByLabelText('Name of the model'), '2');
  expect(screen.queryByRole('alert')).toBeNull();
  await user.click(start());
  await screen.findByRole('alert');
  const [first, second, third, fourth] = create.mock.calls.map(([, options]) => options.idempotencyKey);
  expect([second, third]).toEqual([first, first]);
  expect(fourth).not.toBe(first);
});
