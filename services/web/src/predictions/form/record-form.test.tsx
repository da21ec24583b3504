/** @jest-environment jsdom */
import { screen, waitFor } from '@testing-library/dom';
import { client, noRetryClient } from '../../api/clients';
import { GRADES_MODEL, problem, renderPage } from '../../page.test.fixtures';
import { DraftProvider, useDraft } from './draft-context';
import { RecordForm } from './record-form';

const TITLES = GRADES_MODEL.features.map(({ title }) => title);
// By label and text: a query by role computes the accessible name of all hundred buttons of the scales.
const field = (title: string) => screen.getByLabelText<HTMLInputElement>(new RegExp(title));
const values = () => TITLES.map((title) => field(title).value);
const submit = () => screen.getByText('Score the record');

function Form() {
  const [draft, change] = useDraft();
  return <RecordForm version={GRADES_MODEL} draft={draft} change={change} />;
}

function renderForm() {
  const user = renderPage(
    <DraftProvider tenant="clinic">
      <Form />
    </DraftProvider>,
  );
  const type = async (keys: string): Promise<void> => {
    await user.click(field('Clump thickness'));
    await user.keyboard(keys);
  };
  const paste = async (line: string, into = 'Clump thickness'): Promise<void> => {
    await user.click(field(into));
    await user.paste(line);
  };
  return { user, type, paste };
}

let predict: jest.SpyInstance<ReturnType<typeof client.predict>, Parameters<typeof client.predict>>;

beforeEach(() => {
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([]);
  predict = jest.spyOn(client, 'predict').mockRejectedValue(new Error('not expected'));
});

afterEach(() => jest.restoreAllMocks());

test('digits move on from field to field, and a 1 waits for a 0', async () => {
  const { type } = renderForm();
  await type('5101?43210');
  expect(values()).toEqual(['5', '10', '1', '?', '4', '3', '2', '10', '']);
  screen.getByText(/^7 of 9 entered, 1 not measured/);
});

test('without auto-advance, a field keeps what is typed', async () => {
  const { user, type } = renderForm();
  await user.click(screen.getByText('Move to the next field automatically'));
  await type('54');
  expect(values()[0]).toBe('54');
});

test('arrow keys and Backspace go to the previous field', async () => {
  const { user, type } = renderForm();
  await type('58{Backspace}');
  expect(document.activeElement).toBe(field('Uniformity of cell size'));
  await user.keyboard('4');
  expect(values().slice(0, 2)).toEqual(['5', '4']);
  await user.keyboard('{ArrowUp}{ArrowUp}');
  expect(document.activeElement).toBe(field('Clump thickness'));
});

test('typing a field’s current grade over its selected text goes to the next field', async () => {
  const { user, type } = renderForm();
  await type('58{ArrowUp}{ArrowUp}');
  expect(document.activeElement).toBe(field('Clump thickness'));
  await user.keyboard('58');
  expect(document.activeElement).toBe(field('Uniformity of cell shape'));
  expect(values().slice(0, 3)).toEqual(['5', '8', '']);
});

test('a pasted line fills every field, with the reference before its values', async () => {
  const { paste } = renderForm();
  await paste('1002945\t5\t4\t4\t5\t7\t10\t3\t2\t1');
  expect(values()).toEqual(['5', '4', '4', '5', '7', '10', '3', '2', '1']);
  expect(field('Your reference').value).toBe('1002945');
  expect(document.activeElement).toBe(submit());
});

test('an ambiguous pasted line fills no field until the user chooses, and nothing can be sent meanwhile', async () => {
  const { user, paste } = renderForm();
  await paste('5\t4\t4\t5\t7\t10\t3\t2\t1\t2');
  screen.getByLabelText('What was pasted');
  expect(values().join('')).toBe('');
  await user.click(submit());
  screen.getByText('Answer the question about the pasted row first.');
  expect(predict).not.toHaveBeenCalled();
  await user.click(screen.getByText('Yes, starting with 5'));
  expect(values()).toEqual(['5', '4', '4', '5', '7', '10', '3', '2', '1']);
  expect(screen.queryByLabelText('What was pasted')).toBeNull();
});

test('a pasted line with a class after its values fills no field until the user chooses, then the reference too', async () => {
  const { user, paste } = renderForm();
  await paste('1002945\t5\t4\t4\t5\t7\t10\t3\t2\t1\t2');
  expect(values().join('')).toBe('');
  await user.click(screen.getByText('Yes, for reference 1002945'));
  expect(values()).toEqual(['5', '4', '4', '5', '7', '10', '3', '2', '1']);
  expect(field('Your reference').value).toBe('1002945');
});

test('a row pasted into the reference fills the form, a name stays a reference', async () => {
  const { user, paste } = renderForm();
  await paste('S24-0020\t5\t1\t1\t1\t2\t1\t3\t1\t1', 'Your reference');
  expect([field('Your reference').value, ...values()]).toEqual([
    'S24-0020',
    '5',
    '1',
    '1',
    '1',
    '2',
    '1',
    '3',
    '1',
    '1',
  ]);
  await user.clear(field('Your reference'));
  await paste('Slide 7, left', 'Your reference');
  expect(field('Your reference').value).toBe('Slide 7, left');
});

test('a pasted line that is refused fills no field', async () => {
  const { user, paste } = renderForm();
  await paste('5\t4\t4\t5\t7\t10\t3\t2\t1\t2');
  await user.click(screen.getByText('Discard'));
  screen.getByText('The form is unchanged.');
  expect(values().join('')).toBe('');
});

test('values out of range and empty fields are reported beside the field, and nothing is sent', async () => {
  const { user } = renderForm();
  await user.click(screen.getByText('Move to the next field automatically'));
  await user.type(field('Bland chromatin'), '12');
  await user.click(submit());
  expect(field('Bland chromatin').getAttribute('aria-invalid')).toBe('true');
  screen.getByText('12 is too high: enter a whole number from 1 to 10.');
  expect(screen.getAllByText(/Empty\. If/)).toHaveLength(8);
  expect(document.activeElement).toBe(field('Clump thickness'));
  expect(predict).not.toHaveBeenCalled();
});

test('a complete record is sent with null for a value not measured, model and threshold are left to the settings, and its page opens', async () => {
  const { user, type } = renderForm();
  predict.mockResolvedValue({ id: 'pred_1', status: 'queued', links: { self: '', events: '' } } as unknown as Awaited<
    ReturnType<typeof client.predict>
  >);
  await type('54434?431');
  await user.type(field('Your reference'), ' slide 7 ');
  await user.click(submit());
  await screen.findByText('now at /predictions/pred_1');
  const [body] = predict.mock.calls[0] ?? [];
  expect(body).toEqual({ features: expect.anything(), sample_id: 'slide 7' });
  expect(Object.values(body?.features ?? {})).toEqual([5, 4, 4, 3, 4, null, 4, 3, 1]);
});

test('an error from the service is shown beside the field that it names', async () => {
  const { user, type } = renderForm();
  predict.mockRejectedValue(
    problem(422, {
      detail: 'One field is wrong.',
      errors: [{ field: 'features.mitoses', code: 'out-of-range', detail: 'takes 1 to 10' }],
    }),
  );
  await type('544343431');
  await user.click(submit());
  await waitFor(() => expect(field('Mitoses').getAttribute('aria-invalid')).toBe('true'));
  screen.getByText('takes 1 to 10');
  expect(screen.getByRole('alert').textContent).toContain('The record was not accepted. One field is wrong.');
});

test('Clear empties every field', async () => {
  const { user, type } = renderForm();
  await type('544343431');
  await user.click(screen.getByText('Clear'));
  expect(values().join('')).toBe('');
  expect(document.activeElement).toBe(field('Clump thickness'));
});
