/** @jest-environment jsdom */
import type { ModelSummary } from '@cytoqueue/client';
import { screen } from '@testing-library/dom';
import { client, noRetryClient } from '../api/clients';
import { GRADES_MODEL, renderPage } from '../page.test.fixtures';
import { SettingsPage } from './settings-page';

function model(name: string): ModelSummary {
  return {
    name,
    champion: '1.0.0',
    versions: ['1.0.0', '1.1.0'],
    history: [],
    newer_version: null,
    links: { self: `/v1/models/${name}` },
  };
}

beforeEach(() => {
  jest.spyOn(noRetryClient, 'settings').mockResolvedValue({ default_model: null, operating_point: 'default' });
  jest.spyOn(noRetryClient, 'listModels').mockResolvedValue([model('wbc-knn'), model('wdbc-knn')]);
  jest.spyOn(noRetryClient, 'getModelVersion').mockResolvedValue(GRADES_MODEL);
  jest.spyOn(client, 'replaceSettings').mockImplementation((settings) => Promise.resolve(settings));
});

afterEach(() => jest.restoreAllMocks());

test('versions of every model can be pinned, since the record form asks for the values of the pinned one', async () => {
  renderPage(<SettingsPage />);
  for (const version of ['wbc-knn 1.0.0', 'wbc-knn 1.1.0', 'wdbc-knn 1.0.0', 'wdbc-knn 1.1.0'])
    expect(await screen.findByRole('option', { name: version })).toBeDefined();
});

test('changed settings are not called saved until they are', async () => {
  const user = renderPage(<SettingsPage />);
  const save = async (): Promise<void> => {
    await user.click(await screen.findByRole('button', { name: 'Save settings' }));
    await screen.findByText(/^Saved\./);
  };
  await save();
  await user.selectOptions(screen.getByLabelText('Threshold for malignant'), 'sensitivity99');
  expect(screen.queryByText(/^Saved\./)).toBeNull();
  await save();
  await user.selectOptions(screen.getByLabelText('Model version'), 'wbc-knn@1.0.0');
  expect(screen.queryByText(/^Saved\./)).toBeNull();
});
