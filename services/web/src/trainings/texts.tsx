import type { TrainingStatus } from '@cytoqueue/client';
import type { ReactNode } from 'react';

type Link = (text: string) => ReactNode;

export const TEXTS = {
  trainings: 'Trainings',
  unnamed: 'unnamed',
  status: {
    queued: 'Waiting in the queue',
    processing: 'Being trained',
    succeeded: 'Trained',
    failed: 'Failed',
    canceled: 'Canceled',
  } satisfies Record<TrainingStatus, string>,
  schemas: {
    wbc: 'Wisconsin grades (wbc)',
    wdbc: 'Diagnostic data (wdbc)',
  } as Readonly<Record<string, string>>,
  ownFeatures: 'Own features',
  trainingsPage: {
    new: 'Train a model',
    lead: 'Train a model on cases of your own laboratory whose diagnosis is known. Only your laboratory can see the model and score with it, and nothing uses it until you say so.',
    loadFailed: 'The trainings could not be loaded.',
    empty: (link: Link) => (
      <>
        No model has been trained yet. {link('Train the first one')}: it needs a file with one case a row and a column
        with the known diagnosis.
      </>
    ),
    showOlder: 'Show older trainings',
    model: 'Model',
    file: 'File',
    state: 'State',
    inProgress: (state: string, percent: number) => `${state} (${percent}\u00a0%)`,
    version: 'Version',
    sent: 'Sent',
  },
  trainingPage: {
    title: 'Training',
    lookingUp: 'Looking up the training …',
    sent: (time: string) => `Sent ${time} · not a medical device`,
    lead: 'This page updates automatically; you can leave it.',
    crossValidation: 'Cross-validation',
    noModel: 'No model was trained.',
    percent: (percent: number) => `${percent}\u00a0%`,
    queued: (percent: string) => `${percent}; single records and files go first`,
    timeLeft: (percent: string, time: string) => `${percent}, about ${time} left`,
    data: 'Training data',
    file: 'File',
    rows: 'Rows',
    features: 'Features',
    featuresText: (count: string, schema: string) => `${count}: ${schema}`,
    classes: 'Classes',
    classCount: (count: string, name: string) => `${count} ${name}`,
    classesText: (classes: readonly string[], column: string) => `${classes.join(', ')}; column ${column}`,
    patients: 'Patients',
    everyRow: 'every row counts as another patient',
    column: (column: string) => `column ${column}`,
    seed: 'Seed',
    digest: 'SHA-256 of the uploaded file:',
    allComplete: (rows: string) => `${rows}, all complete`,
    someComplete: (rows: string, complete: string) => `${rows}, of which ${complete} are complete and used`,
    unknown: 'No such training',
    failed: 'The training could not be shown',
    unknownText:
      'It may have been deleted, may belong to another laboratory, or the address may be incomplete. A version that it has made is still among the models.',
    loadFailed: 'The training could not be loaded.',
    all: 'All trainings',
  },
  trainingActions: {
    delete: 'Delete',
    deleteTitle: 'Delete this training?',
    deleteConfirm: 'Delete permanently',
    deleteText: (hasModel: boolean) =>
      `The uploaded file is removed. This cannot be undone.${
        hasModel
          ? ' The version stays, and with it the training rows that it contains: to erase a patient, delete the version too.'
          : ''
      }`,
    cancel: 'Cancel',
    cancelTitle: 'Cancel this training?',
    cancelConfirm: 'Cancel the training',
    cancelText: 'No version is made. This cannot be undone, but the file can be sent again.',
    failed: 'The action failed.',
  },
  trainingResult: {
    title: 'Performance',
    lead: (folds: number, repetitions: number) =>
      `From ${folds}-fold cross-validation, repeated ${repetitions} times: each case was predicted by a model trained without it. The figures describe your cases and say nothing about another laboratory.`,
    use: 'Use the version',
    shows: (version: ReactNode) => <>{version} shows its features and how it compares with the versions in use.</>,
    choose: (name: ReactNode, models: Link, settings: Link) => (
      <>
        It is used only where you choose it. To score a file or a record with it, choose it as the model there. To score
        with it wherever {name} is named, make it current on the page {models('Models')}; to score with it wherever no
        model is named, choose it in the {settings('settings')}.
      </>
    ),
    containsRows:
      'The model contains its training rows. Deleting the file does not erase patients from it; deleting the version does.',
    negative: 'negative',
    positive: 'positive',
    sensitivity: 'Sensitivity',
    specificity: 'Specificity',
    classified: (name: string) => `of ${name} cases classified as ${name}`,
    auc: 'AUC',
    aucText: 'area under the ROC curve; 1 is best',
    brier: 'Brier score',
    brierText: 'error of the probability; 0 is best',
    withInterval: (meaning: string, low: string, high: string) => `${meaning}; 95\u00a0% interval ${low} to ${high}`,
    coverage: 'Confident answers',
    coverageText: 'of all cases; others are undecided',
  },
};
