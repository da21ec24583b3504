/** As much as is used here of what comes without types. */
declare module 'ml-knn' {
  export default class KNN {
    constructor(samples: readonly (readonly number[])[], labels: readonly number[], options: { readonly k: number });
    predict(samples: readonly (readonly number[])[]): number[];
  }
}
