/** Declares the used parts of packages without types. */
declare module 'ml-knn' {
  export default class KNN {
    constructor(samples: readonly (readonly number[])[], labels: readonly number[], options: { readonly k: number });
    predict(samples: readonly (readonly number[])[]): number[];
  }
}
