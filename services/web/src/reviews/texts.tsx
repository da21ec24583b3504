import type { ReactNode } from 'react';

export const TEXTS = {
  title: 'Reviews',
  lead: 'A second reader’s decision. It is kept with your key and the time; a correction is a further review.',
  loadFailed: 'The reviews could not be loaded.',
  empty: 'No review yet.',
  byKey: (key: ReactNode, time: string) => (
    <>
      by key {key}, {time}
    </>
  ),
  decision: 'Your decision',
  decisions: {
    benign: 'Benign',
    malignant: 'Malignant',
    repeat: 'Repeat the sample',
    other: 'Other, see note',
  } as Readonly<Record<string, string>>,
  note: 'Note',
  optionalNote: 'Note (optional)',
  noteHelp: 'Do not name the patient here.',
  failed: 'The review was not recorded.',
  recorded: 'The review is recorded.',
  submit: 'Record review',
  writeNote: 'Write a note for this decision.',
};
