/** Numbers of rows by known and predicted class; malignant is the positive class. */
export interface ConfusionMatrix {
  true_positive: number;
  false_negative: number;
  true_negative: number;
  false_positive: number;
}

/** How the model's answers agree with a file's class column; only rows whose cell holds one of the schema's spellings count. */
export interface AgreementCounts extends ConfusionMatrix {
  /** Counts the confident answers among them. */
  confident: ConfusionMatrix;
}

/** The member `agreement` of a batch. */
export interface AgreementDocument extends AgreementCounts {
  /** Name of the class column. */
  column: string;
}

export function emptyAgreement(): AgreementCounts {
  return { ...emptyMatrix(), confident: emptyMatrix() };
}

/** Adds `added` to `total`. */
export function addAgreement(total: AgreementCounts, added: AgreementCounts): void {
  addMatrix(total, added);
  addMatrix(total.confident, added.confident);
}

/** Number of rows whose known class was compared. */
export function comparedRows({
  true_positive,
  false_negative,
  true_negative,
  false_positive,
}: ConfusionMatrix): number {
  return true_positive + false_negative + true_negative + false_positive;
}

function emptyMatrix(): ConfusionMatrix {
  return { true_positive: 0, false_negative: 0, true_negative: 0, false_positive: 0 };
}

function addMatrix(total: ConfusionMatrix, added: ConfusionMatrix): void {
  total.true_positive += added.true_positive;
  total.false_negative += added.false_negative;
  total.true_negative += added.true_negative;
  total.false_positive += added.false_positive;
}
