/** Facts about the shipped data files that their rows do not show, by digest. */
interface DatasetNotes {
  readonly origin: string;
  /** Last data row of the first group of records; null when rows are not in chronological order. */
  readonly firstGroupEndsAt: number | null;
  /** Comparison with other kinds of models by the same protocol, measured with scikit-learn. */
  readonly otherModels: string;
}

const notesByDigest: Readonly<Record<string, DatasetNotes>> = {
  'sha256:04321d55c1c0d1d61f527552a65b29cd6c1e3f7a5a933e32111c7cc1147d3822': {
    origin: 'Trained on records of 1989 to 1995 from one hospital, graded by few observers; no external validation.',
    // The 367 records of January 1989 come first; seven groups follow.
    firstGroupEndsAt: 367,
    otherModels:
      'Random forest, ExtraTrees, SVC and logistic regression of scikit-learn are no more accurate by the same protocol; the differences are within the noise.',
  },
  'sha256:00c06e9e878a57abefbc2860b398c46c0b30a1908d7d3f214d8322054e72acf2': {
    origin: 'Trained on images of 1989 to 1995 from one hospital, measured with one program; no external validation.',
    firstGroupEndsAt: null,
    otherModels:
      'Logistic regression and SVC of scikit-learn are about one percentage point more accurate by the same protocol: for these data nearest neighbours are not the best method.',
  },
};

const NOT_A_DEVICE = 'Not a medical device: a second opinion for trained readers, never the only basis of a diagnosis.';
const OTHER_LABORATORIES =
  'Every figure comes from the training data themselves and says nothing about another laboratory.';

/** Limits that users of a model must know; part of the model file and its card. Changing them changes the digest. */
export function limitsOfUse(digest: string): string[] {
  const origin = notesByDigest[digest]?.origin ?? 'Trained on a file of unknown origin; no external validation.';
  return [NOT_A_DEVICE, origin, OTHER_LABORATORIES];
}

export function firstGroupEnd(digest: string): number | null {
  return notesByDigest[digest]?.firstGroupEndsAt ?? null;
}

export function otherModelsText(digest: string): string {
  return notesByDigest[digest]?.otherModels ?? 'Other kinds of models were not tried.';
}
