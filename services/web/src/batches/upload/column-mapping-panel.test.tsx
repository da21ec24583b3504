/** @jest-environment jsdom */
import type { Preflight } from '@cytoqueue/client';
import { screen, waitFor, within } from '@testing-library/dom';
import { client, noRetryClient } from '../../api/clients';
import { GRADES_MODEL, preflightReport, problem, renderPage } from '../../page.test.fixtures';
import { UploadForm } from './upload-form';

const NAMES = GRADES_MODEL.features.map(({ name }) => name);

/** A file in which the first feature and the identifier have names that are not recognised. */
const UNMATCHED = preflightReport({
  accepted: false,
  problems: [{ code: 'missing-column', detail: 'Line 1 lacks 1 of 9 columns.' }],
  columns: [
    { column: 'Fallnummer', used_as: 'carried' },
    { column: 'Klumpen', used_as: 'carried', suggestion: 'clump_thickness' },
    ...NAMES.slice(1).map((name) => ({ column: name, used_as: 'feature' as const, feature: name, matched_by: 'name' })),
  ],
});
const MATCHED = preflightReport({
  columns: [
    { column: 'Fallnummer', used_as: 'id' },
    ...NAMES.map((name) => ({ column: name, used_as: 'feature' as const, feature: name, matched_by: 'profile' })),
  ],
});

let preflight: jest.SpyInstance<Promise<Preflight>, Parameters<typeof client.preflight>>;
let save: jest.SpyInstance;

beforeEach(() => {
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([]);
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
  jest.spyOn(noRetryClient, 'listImportProfiles').mockResolvedValue([{ name: 'earlier', decimal: ',' }]);
  save = jest
    .spyOn(client, 'putImportProfile')
    .mockImplementation((name, profile) => Promise.resolve({ name, ...profile }));
  preflight = jest
    .spyOn(client, 'preflight')
    .mockImplementation((_file, options) => Promise.resolve(options?.profile === 'mine' ? MATCHED : UNMATCHED));
});

afterEach(() => jest.restoreAllMocks());

const renderForm = () => renderPage(<UploadForm file={new File(['a\n1'], 'a.csv')} selectionId="1" />);
const useOf = (column: string) => screen.findByRole<HTMLSelectElement>('combobox', { name: `Use of column ${column}` });
const saveButton = () => screen.getByRole('button', { name: 'Save profile and check again' });
const profiles = () => preflight.mock.calls.map(([, options]) => options?.profile);

test('unmatched columns are mapped by hand, saved as a profile, and the file is checked again and sent with it', async () => {
  const upload = jest.spyOn(client, 'uploadBatch').mockRejectedValue(problem(503));
  const user = renderForm();
  await user.selectOptions(await useOf('Fallnummer'), 'id');
  await user.selectOptions(await useOf('Klumpen'), 'clump_thickness');
  await user.type(screen.getByRole('textbox', { name: 'Profile name' }), 'mine');
  await user.click(saveButton());
  await screen.findByRole('button', { name: /^Score 1 row/ });
  expect(save.mock.calls).toEqual([['mine', { columns: { id: 'Fallnummer', clump_thickness: 'Klumpen' } }]]);
  expect(profiles()).toEqual([undefined, 'mine']);
  await user.click(screen.getByRole('button', { name: /^Score 1 row/ }));
  await waitFor(() => expect(upload.mock.calls.map(([, options]) => options?.profile)).toEqual(['mine']));
});

test('a file cannot be sent while columns are chosen that no profile holds, because the choice would be ignored', async () => {
  preflight.mockResolvedValue({
    ...MATCHED,
    columns: MATCHED.columns.map((column) => (column.used_as === 'id' ? { ...column, used_as: 'carried' } : column)),
  });
  const user = renderForm();
  const sendButton = await screen.findByRole('button', { name: /^Score 1 row/ });
  expect(await screen.findByText(/No column is read as the reference/)).toBeTruthy();
  await user.selectOptions(await useOf('Fallnummer'), 'id');
  expect(sendButton.hasAttribute('disabled')).toBe(true);
  expect(screen.getByText(/save them below as an import profile/)).toBeTruthy();
  expect(screen.queryByText(/No column is read as the reference/)).toBeNull();
  await user.selectOptions(await useOf('Fallnummer'), '');
  expect(sendButton.hasAttribute('disabled')).toBe(false);
});

test('a suggestion is a hint: the column has no use, and nothing can be saved, until it is chosen', async () => {
  const user = renderForm();
  expect((await useOf('Klumpen')).value).toBe('');
  expect(saveButton().hasAttribute('disabled')).toBe(true);
  expect(screen.getByText('First choose a column for Clump thickness.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Use as Clump thickness (nearest name)' }));
  expect((await useOf('Klumpen')).value).toBe('clump_thickness');
  expect(saveButton().hasAttribute('disabled')).toBe(false);
});

test('two columns cannot have one use', async () => {
  const user = renderForm();
  for (const column of ['Fallnummer', 'Klumpen']) await user.selectOptions(await useOf(column), 'clump_thickness');
  expect(screen.getByText('Only one column can be Clump thickness.')).toBeTruthy();
  expect(saveButton().hasAttribute('disabled')).toBe(true);
});

test('a profile that was not saved leaves the choices, and the file is not checked again', async () => {
  save.mockRejectedValue(problem(422, { detail: 'A tenant may have 100 import profiles; delete one first.' }));
  const user = renderForm();
  await user.selectOptions(await useOf('Klumpen'), 'clump_thickness');
  await user.type(screen.getByRole('textbox', { name: 'Profile name' }), 'mine');
  await user.click(saveButton());
  await screen.findByText(/The profile was not saved/);
  expect((await useOf('Klumpen')).value).toBe('clump_thickness');
  expect(profiles()).toEqual([undefined]);
});

test('a saved profile is chosen for the upload, and its other settings are kept when it is saved again', async () => {
  const user = renderForm();
  await screen.findByRole('option', { name: 'earlier', hidden: true });
  await user.selectOptions(screen.getByRole('combobox', { name: 'Import profile', hidden: true }), 'earlier');
  await waitFor(() => expect(profiles()).toEqual([undefined, 'earlier']));
  await user.selectOptions(await useOf('Klumpen'), 'clump_thickness');
  expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Profile name' }).value).toBe('earlier');
  await user.click(saveButton());
  await waitFor(() => expect(profiles()).toEqual([undefined, 'earlier', 'earlier']));
  expect(save.mock.calls).toEqual([['earlier', { decimal: ',', columns: { clump_thickness: 'Klumpen' } }]]);
});

test('a workbook with several sheets asks for the sheet', async () => {
  const detail = 'The workbook has 2 sheets with rows.';
  preflight.mockImplementation((_file, options) =>
    options?.sheet === 'Daten'
      ? Promise.resolve(MATCHED)
      : Promise.reject(problem(422, { errors: [{ code: 'several-sheets', detail, sheets: ['Daten', 'Archiv'] }] })),
  );
  const user = renderForm();
  await user.selectOptions(await screen.findByRole('combobox', { name: 'Sheet to score' }), 'Daten');
  await user.click(screen.getByText('Check this sheet'));
  const table = within(await screen.findByRole('group', { name: 'Columns' }));
  expect(table.getAllByRole('row')).toHaveLength(11);
});

test('columns that were chosen under one profile are not chosen under another', async () => {
  const user = renderForm();
  const chooseProfile = (name: string) =>
    user.selectOptions(screen.getByRole('combobox', { name: 'Import profile', hidden: true }), name);
  await screen.findByRole('option', { name: 'earlier', hidden: true });
  await chooseProfile('earlier');
  await useOf('Klumpen');
  await chooseProfile('');
  await user.selectOptions(await useOf('Klumpen'), 'clump_thickness');
  // Both checks are cached by now.
  await chooseProfile('earlier');
  expect((await useOf('Klumpen')).value).toBe('');
  expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Profile name' }).value).toBe('earlier');
});
