import type { ReactNode } from 'react';

type Link = (text: string) => ReactNode;

export const TEXTS = {
  title: 'Help',
  lead: 'Cytoqueue is a second opinion for trained readers, for research. It is no medical device.',
  firstResult: {
    title: 'Your first result',
    enter: (link: Link) => (
      <>
        {link('Enter a record')}: your reference and nine grades from 1 to 10. Type them, choose them, or paste a row of
        your sheet.
      </>
    ),
    check: 'Compare reference and grades under “Check and send” with your sheet, then get the result.',
    read: 'Read the result together with the values beside it, and print it if you need it on paper.',
  },
  reading: {
    title: 'How to read a result',
    terms: [
      {
        term: 'Likely benign, likely malignant',
        meaning:
          'The model is confident: the probability lies outside the undecided range of 5 to 95 %, and the record resembles its training cases. It is neither a diagnosis nor a C1 to C5 category.',
      },
      {
        term: 'Undecided',
        meaning:
          'The model is not certain enough, or the record is unusual. Treat it as undecided: it is neither benign nor malignant. Check the values against the slide, or ask a second reader.',
      },
      {
        term: 'Unusual record',
        meaning:
          'No training case resembles it closely. A typing error or another grade scale is a frequent cause. Not every such record is found: a result without this warning can still rest on wrong values.',
      },
      {
        term: 'Not measured',
        meaning: 'A feature may be left out. The result then states the range of probabilities that its values allow.',
      },
      {
        term: 'Threshold',
        meaning:
          'The probability from which a result counts as malignant: 50 %, or the cautious one, which finds 99 % of the malignant training cases and calls more benign ones malignant.',
      },
    ],
  },
  files: {
    title: 'Files',
    upload: (link: Link) => (
      <>
        {link('Upload a file')} with one record a row: CSV, Excel, OpenDocument, JSON Lines or Parquet. It is checked
        first; a batch is created only when you say so. A template is offered there.
      </>
    ),
    worklist: (link: Link) => (
      <>
        Undecided and unusual rows stand first. Open one to see its evidence and to record a second reader’s decision;
        the {link('worklist')} collects those without one.
      </>
    ),
    importProfiles: (link: Link) => <>{link('Import profiles')} keep how your files are read.</>,
    performance: (link: Link) => (
      <>Send confirmed diagnoses under {link('Performance')} to see how well the model does on your own patients.</>
    ),
  },
  keyboard: {
    title: 'Keyboard in the form of a record',
    keys: [
      { term: '1 to 9, and 1 0 for 10', meaning: 'choose the grade and move to the next feature' },
      { term: 'N or ?', meaning: 'not measured' },
      { term: 'Backspace', meaning: 'clears the grade, then goes back to the feature before' },
      { term: 'Arrow keys', meaning: 'change the grade' },
    ],
  },
  more: {
    title: 'More',
    models: (link: Link) => <>{link('Models')}: what each was trained on, its performance and its limits of use</>,
    api: (link: Link) => <>{link('API documentation')} for programs</>,
    support: 'When something fails, tell your administrator the request number that the message shows.',
  },
};
