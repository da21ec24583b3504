/** @jest-environment jsdom */
import type { BatchSettings, Session } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { useState } from 'react';
import { noRetryClient } from '../../api/clients';
import { GRADES_MODEL, renderPage } from '../../page.test.fixtures';
import { BatchSettingsForm } from './batch-settings-form';

let settings: BatchSettings;

function Host() {
  const [state, setState] = useState<BatchSettings>({});
  settings = state;
  return <BatchSettingsForm settings={state} onChange={setState} />;
}

beforeEach(() => {
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({} as Session);
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
  jest.spyOn(noRetryClient, 'listImportProfiles').mockResolvedValue([{ name: 'northgate' }]);
  jest
    .spyOn(noRetryClient, 'listModels')
    .mockResolvedValue([{ name: 'wbc-knn', champion: '1.0.0', versions: ['1.1.0', '1.0.0'] }] as Awaited<
      ReturnType<typeof noRetryClient.listModels>
    >);
});

afterEach(() => jest.restoreAllMocks());

test('the defaults leave every choice to the service', () => {
  renderPage(<Host />);
  const chosen = (name: string) =>
    screen.getByRole<HTMLSelectElement>('combobox', { name, hidden: true }).selectedOptions[0]?.textContent;
  expect(chosen('Model')).toBe('Laboratory’s setting, or else wbc-knn');
  expect(chosen('Threshold for malignant')).toBe('Laboratory’s setting');
  expect(chosen('Rows with missing values')).toBe('Score them, and say so in the result');
  expect(chosen('If a row is invalid')).toBe('Score the others and list the invalid ones');
  expect(chosen('Evidence for every row')).toBe('No');
  expect(settings).toEqual({});
});

test('each choice becomes its setting, and going back to the default removes it', async () => {
  const user = renderPage(<Host />);
  await screen.findByRole('option', { name: 'wbc-knn 1.0.0 (in use)', hidden: true });
  const choose = (name: string, option: string) =>
    user.selectOptions(screen.getByRole('combobox', { name, hidden: true }), option);
  await choose('Model', 'wbc-knn@1.1.0');
  await choose('Threshold for malignant', 'sensitivity99');
  await choose('Rows with missing values', 'reject');
  await choose('If a row is invalid', 'abort');
  await choose('Evidence for every row', 'yes');
  await choose('Import profile', 'northgate');
  await choose('Encoding of a text file', 'windows-1252');
  await choose('Warnings about the file', 'abort');
  expect(settings).toEqual({
    model: 'wbc-knn@1.1.0',
    operatingPoint: 'sensitivity99',
    missing: 'reject',
    onError: 'abort',
    explain: true,
    profile: 'northgate',
    charset: 'windows-1252',
    onWarning: 'abort',
  });
  await choose('Model', '');
  await choose('Import profile', '');
  await choose('Evidence for every row', 'no');
  expect(settings.model).toBeUndefined();
  expect(settings.explain).toBeUndefined();
  expect(settings.profile).toBeUndefined();
});

test('the threshold is for the positive class of the model of the laboratory', async () => {
  const defaults = { model: 'own/thyroid@1', operating_point: 'default' } as const;
  jest.spyOn(noRetryClient, 'session').mockResolvedValue({ defaults } as Session);
  const labels = ['euthyroid', 'relapsed'];
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue({ ...GRADES_MODEL, labels });
  renderPage(<Host />);
  const threshold = await screen.findByLabelText('Threshold for relapsed');
  expect(threshold.textContent).toContain('99 % of the relapsed training cases');
});
