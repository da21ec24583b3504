export const TEXTS = {
  title: 'Settings',
  lead: 'They apply to records and files of your laboratory that name no model or threshold.',
  apiKeys: 'API keys',
  importProfiles: 'Import profiles',
  loadFailed: 'The settings could not be loaded.',
  modelAndThreshold: 'Model and threshold',
  pinLead:
    'Pin the version that your laboratory has validated. A change of the version in use then does not affect your results.',
  version: 'Model version',
  notPinned: 'Not pinned: the version in use',
  failed: 'The settings were not saved.',
  saved: 'Saved. All servers use the settings within ten seconds.',
  submit: 'Save settings',
};
