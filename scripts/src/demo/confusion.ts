/** Confusion matrix of confirmed and predicted classes. */
export interface Confusion {
  readonly malignant: { readonly asMalignant: number; readonly asBenign: number };
  readonly benign: { readonly asMalignant: number; readonly asBenign: number };
  /** Rows without a prediction. */
  readonly unpredicted: number;
}

/** Class codes of the Wisconsin file. */
const MALIGNANT_CODE = '4';
const BENIGN_CODE = '2';

/**
 * Counts the rows of a result file against its own `class` column.
 * @throws Error when a class is neither of the file's two codes
 */
export function countConfusion(rows: readonly Readonly<Record<string, string>>[]): Confusion {
  const counts = {
    malignant: { asMalignant: 0, asBenign: 0 },
    benign: { asMalignant: 0, asBenign: 0 },
    unpredicted: 0,
  };
  for (const row of rows) {
    const truth = counts[trueClass(row['class'])];
    if (row['predicted_class'] === 'malignant') truth.asMalignant++;
    else if (row['predicted_class'] === 'benign') truth.asBenign++;
    else counts.unpredicted++;
  }
  return counts;
}

function trueClass(code: string | undefined): 'malignant' | 'benign' {
  if (code === MALIGNANT_CODE) return 'malignant';
  if (code === BENIGN_CODE) return 'benign';
  throw new Error(`the class column holds ${JSON.stringify(code)}, not ${BENIGN_CODE} or ${MALIGNANT_CODE}`);
}

/** Share of malignant cases classified as malignant. */
export function sensitivity({ malignant }: Confusion): number {
  return malignant.asMalignant / (malignant.asMalignant + malignant.asBenign);
}

/** Share of benign cases classified as benign. */
export function specificity({ benign }: Confusion): number {
  return benign.asBenign / (benign.asBenign + benign.asMalignant);
}

/** Jaccard index of the malignant class: true positives among all cases that are or were classified malignant. */
export function jaccardMalignant({ malignant, benign }: Confusion): number {
  return malignant.asMalignant / (malignant.asMalignant + malignant.asBenign + benign.asMalignant);
}
