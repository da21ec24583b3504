import { type Feature, type Schema, wisconsinDefaults } from './schema';

/** Far above any real measurement, and low enough that squared distances stay finite. */
const MAX_MEASUREMENT = 1e9;

interface Quantity {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Unit of a length or an area. */
  readonly unit?: string;
  /** Between these values lie nine tenths of the 569 cases: mean, standard error, worst. */
  readonly typical: Readonly<Record<Statistic['suffix'], readonly [number, number]>>;
}

interface Statistic {
  readonly suffix: 'mean' | 'se' | 'worst';
  readonly title: string;
  readonly description: string;
  readonly aliases: (quantity: string) => string[];
}

/** Quantities measured on the outline and the interior of every nucleus in the image. */
const quantities: readonly Quantity[] = [
  {
    name: 'radius',
    title: 'radius',
    description: 'distance from the centre of a nucleus to its outline',
    unit: 'pixels',
    typical: { mean: [9.5, 20.6], se: [0.16, 0.962], worst: [10.5, 25.7] },
  },
  {
    name: 'texture',
    title: 'texture',
    description: 'standard deviation of the grey values',
    typical: { mean: [13.1, 27.1], se: [0.539, 2.22], worst: [16.5, 36.3] },
  },
  {
    name: 'perimeter',
    title: 'perimeter',
    description: 'length of the outline',
    unit: 'pixels',
    typical: { mean: [60.3, 136], se: [1.13, 7.05], worst: [67.8, 172] },
  },
  {
    name: 'area',
    title: 'area',
    description: 'area inside the outline',
    unit: 'pixels²',
    typical: { mean: [274, 1310], se: [11.4, 116], worst: [331, 2010] },
  },
  {
    name: 'smoothness',
    title: 'smoothness',
    description: 'local variation of the radius',
    typical: { mean: [0.075, 0.119], se: [0.00368, 0.0127], worst: [0.0954, 0.172] },
  },
  {
    name: 'compactness',
    title: 'compactness',
    description: 'perimeter² / area − 1',
    typical: { mean: [0.0405, 0.209], se: [0.00786, 0.0606], worst: [0.0709, 0.565] },
  },
  {
    name: 'concavity',
    title: 'concavity',
    description: 'depth of the concave parts of the outline',
    typical: { mean: [0.00497, 0.244], se: [0.00322, 0.0793], worst: [0.0182, 0.683] },
  },
  {
    name: 'concave_points',
    title: 'concave points',
    description: 'number of concave parts of the outline',
    typical: { mean: [0.00559, 0.126], se: [0.00376, 0.0229], worst: [0.0238, 0.238] },
  },
  {
    name: 'symmetry',
    title: 'symmetry',
    description: 'difference between the halves of a nucleus',
    typical: { mean: [0.141, 0.231], se: [0.0118, 0.035], worst: [0.212, 0.407] },
  },
  {
    name: 'fractal_dimension',
    title: 'fractal dimension',
    description: 'coastline approximation − 1',
    typical: { mean: [0.0539, 0.0761], se: [0.00152, 0.00801], worst: [0.0625, 0.12] },
  },
];

/**
 * Statistics that reduce the nuclei of one image to one number. Aliases: the names in scikit-learn and in the UCI
 * repository.
 */
const statistics: readonly Statistic[] = [
  {
    suffix: 'mean',
    title: 'mean',
    description: 'mean over the nuclei of the image',
    aliases: (quantity) => [`mean_${quantity}`, `${quantity}1`],
  },
  {
    suffix: 'se',
    title: 'standard error',
    description: 'standard error over the nuclei of the image',
    aliases: (quantity) => [`${quantity}_error`, `${quantity}2`],
  },
  {
    suffix: 'worst',
    title: 'worst',
    description: 'mean of the three largest values in the image',
    aliases: (quantity) => [`worst_${quantity}`, `${quantity}3`],
  },
];

function describeFeature(quantity: Quantity, statistic: Statistic): Feature {
  const [low, high] = quantity.typical[statistic.suffix];
  return {
    name: `${quantity.name}_${statistic.suffix}`,
    title: `${quantity.title.charAt(0).toUpperCase()}${quantity.title.slice(1)}, ${statistic.title}`,
    description: `${quantity.description}: ${statistic.description}`,
    low: `typically from ${low}`,
    high: `to ${high}${quantity.unit === undefined ? '' : ` ${quantity.unit}`}`,
    aliases: statistic.aliases(quantity.name),
    min: 0,
    max: MAX_MEASUREMENT,
    integer: false,
    ...(quantity.unit !== undefined && { unit: quantity.unit }),
    quantity: quantity.name,
  };
}

/** Wisconsin Breast Cancer (Diagnostic): thirty measurements of nuclei. https://doi.org/10.24432/C5DW2B */
export const wdbc: Schema = {
  ...wisconsinDefaults,
  id: 'wdbc',
  title: 'Wisconsin Breast Cancer (Diagnostic)',
  features: statistics.flatMap((statistic) => quantities.map((quantity) => describeFeature(quantity, statistic))),
  labelTokens: [
    ['b', 'benign'],
    ['m', 'malignant'],
  ],
};
