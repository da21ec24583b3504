/** @jest-environment jsdom */
import { screen, waitFor, within } from '@testing-library/dom';
import { act } from '@testing-library/react';
import { client, noRetryClient } from '../../api/clients';
import { GRADES_MODEL, problem, renderPage } from '../../page.test.fixtures';
import { DraftProvider, useDraft } from './draft-context';
import { RecordForm } from './record-form';

const TITLES = GRADES_MODEL.features.map(({ title }) => title);
// By label and text: a query by role computes the accessible name of all hundred radio buttons.
const groups = new Map<string, HTMLElement>();
/** Looks it up once for each rendered form: a look-up reads the label of every button, and took half the time of these tests. */
function group(title: string): HTMLElement {
  const known = groups.get(title);
  if (known?.isConnected) return known;
  const found = screen.getByLabelText(title);
  groups.set(title, found);
  return found;
}
const field = (title: string) => group(title).querySelector('input') as HTMLInputElement;
const values = () => TITLES.map((title) => group(title).querySelector<HTMLInputElement>(':checked')?.value ?? '');
const hasFocus = (title: string) => group(title).contains(document.activeElement);
const reference = () => screen.getByLabelText<HTMLInputElement>('Reference (optional)');
const submit = () => screen.getByText('Get result');

function Form() {
  const [draft, change] = useDraft();
  return (
    <>
      <button type="button" onClick={() => change({ operatingPoint: 'sensitivity99' })}>
        use another threshold
      </button>
      <p>with the threshold {draft.operatingPoint ?? 'of the settings'}</p>
      <RecordForm version={GRADES_MODEL} draft={draft} change={change} />
    </>
  );
}

function renderForm() {
  const user = renderPage(
    <DraftProvider tenant="clinic">
      <Form />
    </DraftProvider>,
  );
  const type = async (keys: string): Promise<void> => {
    act(() => field('Clump thickness').focus());
    await user.keyboard(keys);
  };
  const paste = async (line: string, into = field('Clump thickness')): Promise<void> => {
    act(() => into.focus());
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

test('the first field has the focus on arrival, every grade moves on, and a 0 makes the 1 before it a 10', async () => {
  const { user } = renderForm();
  await user.keyboard('5101?4321');
  expect(values()).toEqual(['5', '10', '1', '?', '4', '3', '2', '1', '']);
  screen.getByText('7 of 9 entered, 1 not measured. Still open: Mitoses.');
  await user.keyboard('010');
  expect(values().slice(-2)).toEqual(['10', '10']);
  expect(document.activeElement).toBe(submit());
});

test('a 0 typed elsewhere after a 1 in the last grade stays where it was typed', async () => {
  const { user, type } = renderForm();
  await type('544343431');
  await user.click(reference());
  await user.keyboard('S24-0020');
  expect(reference().value).toBe('S24-0020');
  expect(values().at(-1)).toBe('1');
});

test('a 0 that follows no 1 changes nothing', async () => {
  const { type } = renderForm();
  await type('50?0');
  expect(values().slice(0, 2)).toEqual(['5', '?']);
});

test('without automatic advance, the last grade typed counts for the same field', async () => {
  const { user, type } = renderForm();
  await user.click(screen.getByText('Advance automatically after each grade'));
  await type('510');
  expect(values().slice(0, 2)).toEqual(['10', '']);
});

test('Backspace goes to the previous field and clears it, and a grade replaces another one', async () => {
  const { user, type } = renderForm();
  await type('58{Backspace}');
  expect(hasFocus('Uniformity of cell size')).toBe(true);
  await user.keyboard('{Backspace}');
  expect(values().slice(0, 2)).toEqual(['5', '']);
  await user.keyboard('{Backspace}4');
  expect(values().slice(0, 2)).toEqual(['4', '']);
  expect(hasFocus('Uniformity of cell size')).toBe(true);
});

test('a grade is chosen by a click, and "not measured" too', async () => {
  const { user } = renderForm();
  await user.click(within(group('Mitoses')).getByLabelText('10'));
  await user.click(within(group('Bare nuclei')).getByLabelText('Not measured'));
  expect(values()).toEqual(['', '', '', '', '', '?', '', '', '10']);
});

test('a pasted line fills every field, with the reference before its values', async () => {
  const { paste } = renderForm();
  await paste('1002945\t5\t4\t4\t5\t7\t10\t3\t2\t1');
  expect(values()).toEqual(['5', '4', '4', '5', '7', '10', '3', '2', '1']);
  expect(reference().value).toBe('1002945');
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
  expect(reference().value).toBe('1002945');
});

test('a row pasted into the reference fills the form, a name stays a reference', async () => {
  const { user, paste } = renderForm();
  await paste('S24-0020\t5\t1\t1\t1\t2\t1\t3\t1\t1', reference());
  expect([reference().value, ...values()]).toEqual(['S24-0020', '5', '1', '1', '1', '2', '1', '3', '1', '1']);
  await user.clear(reference());
  await paste('Slide 7, left', reference());
  expect(reference().value).toBe('Slide 7, left');
});

test('a pasted line that is refused fills no field', async () => {
  const { user, paste } = renderForm();
  await paste('5\t4\t4\t5\t7\t10\t3\t2\t1\t2');
  await user.click(screen.getByText('Discard'));
  screen.getByText('The form is unchanged.');
  expect(values().join('')).toBe('');
});

test('values out of range and empty fields are reported beside the field, and nothing is sent', async () => {
  const { user, paste } = renderForm();
  await paste('12', field('Bland chromatin'));
  screen.getByText('12 is too high: enter a whole number from 1 to 10. The form is unchanged.');
  await user.click(submit());
  expect(group('Bland chromatin').getAttribute('aria-invalid')).toBe('true');
  expect(screen.getAllByText(/^Choose a grade/)).toHaveLength(9);
  expect(hasFocus('Clump thickness')).toBe(true);
  expect(predict).not.toHaveBeenCalled();
});

test('a complete record is sent with null for a value not measured, with the version that the page shows and the threshold of the settings, and its page opens', async () => {
  const { user, type } = renderForm();
  predict.mockResolvedValue({ id: 'pred_1', status: 'queued', links: { self: '', events: '' } } as unknown as Awaited<
    ReturnType<typeof client.predict>
  >);
  await type('54434?431');
  await user.type(reference(), ' slide 7 ');
  await user.click(submit());
  await screen.findByText('now at /predictions/pred_1');
  const [body] = predict.mock.calls[0] ?? [];
  expect(body).toEqual({ features: expect.anything(), model: 'wbc-knn@1.0.0', sample_id: 'slide 7' });
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
  await waitFor(() => expect(group('Mitoses').getAttribute('aria-invalid')).toBe('true'));
  screen.getByText('takes 1 to 10');
  expect(screen.getByRole('alert').textContent).toContain('The record was not accepted. One field is wrong.');
});

test('Clear record empties every field and the question about a pasted row, and goes back to the settings', async () => {
  const { user, type, paste } = renderForm();
  await user.click(screen.getByText('use another threshold'));
  await type('544343431');
  await paste('5\t4\t4\t5\t7\t10\t3\t2\t1\t2');
  screen.getByText('with the threshold sensitivity99');
  await user.click(screen.getByText('Clear record'));
  expect(values().join('')).toBe('');
  expect(hasFocus('Clump thickness')).toBe(true);
  expect(screen.queryByLabelText('What was pasted')).toBeNull();
  screen.getByText('with the threshold of the settings');
});
