/** Types of the parts of ml-knn that the tests use; the package has none. */
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
