/** As much as is used here of what comes without types. */
declare module 'ml-knn' {
  import type { Matrix } from 'ml-matrix';
  export default class KNN {
    constructor(
      samples: Matrix | readonly (readonly number[])[],
      labels: readonly number[],
      options: { readonly k: number },
    );
    predict(sample: readonly number[]): number;
    predict(samples: Matrix | readonly (readonly number[])[]): number[];
  }
}
