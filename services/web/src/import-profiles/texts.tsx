import type { ReactNode } from 'react';

export const TEXTS = {
  title: 'Import profiles',
  batches: 'Batches',
  lead: 'A profile says how files of one kind are read: their columns, decimal sign and words for “not measured”. Your laboratory shares them. A batch keeps the profile as it was when the file was sent.',
  loadFailed: 'The import profiles could not be loaded.',
  empty: (link: (text: string) => ReactNode) => (
    <>
      No profile has been saved yet. {link('Check a file')}, choose the use of its columns, and save the choices below
      them.
    </>
  ),
  saved: 'Saved profiles',
  savedLead: 'To change one, check a file with it under Batches and save it again under its name.',
  profile: 'Profile',
  content: 'Content',
  uses: { id: 'reference', label: 'class column' } as Readonly<Record<string, string>>,
  headerLine: 'header line',
  separator: 'separator',
  decimalSign: 'decimal sign',
  encoding: 'encoding',
  notMeasured: 'not measured',
  sheet: 'sheet',
  delete: 'Delete',
  deleteTitle: (name: string) => `Delete import profile ${name}?`,
  deleteConfirm: 'Delete profile',
  deleteText: 'Files can then no longer be sent with it. Batches that used it stay as they are.',
  deleteFailed: 'The profile was not deleted.',
};
