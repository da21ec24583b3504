import { type Feature, type Schema, wisconsinDefaults } from './schema';

/** Far above any real measurement, and low enough that squared distances stay finite. */
const MAX_MEASUREMENT = 1e9;

interface Quantity {
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

interface Statistic {
  readonly suffix: string;
  readonly title: string;
  readonly description: string;
  readonly aliases: (quantity: string) => string[];
}

/** Quantities measured on the outline and the interior of every nucleus in the image. */
const quantities: readonly Quantity[] = [
  { name: 'radius', title: 'radius', description: 'distance from the centre of a nucleus to its outline' },
  { name: 'texture', title: 'texture', description: 'standard deviation of the grey values' },
  { name: 'perimeter', title: 'perimeter', description: 'length of the outline' },
  { name: 'area', title: 'area', description: 'area inside the outline' },
  { name: 'smoothness', title: 'smoothness', description: 'local variation of the radius' },
  { name: 'compactness', title: 'compactness', description: 'perimeter² / area − 1' },
  { name: 'concavity', title: 'concavity', description: 'depth of the concave parts of the outline' },
  { name: 'concave_points', title: 'concave points', description: 'number of concave parts of the outline' },
  { name: 'symmetry', title: 'symmetry', description: 'difference between the halves of a nucleus' },
  { name: 'fractal_dimension', title: 'fractal dimension', description: 'coastline approximation − 1' },
];

/** Statistics that reduce the nuclei of one image to one number. Aliases: the names in scikit-learn and in the UCI repository. */
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
  return {
    name: `${quantity.name}_${statistic.suffix}`,
    title: `${quantity.title.charAt(0).toUpperCase()}${quantity.title.slice(1)}, ${statistic.title}`,
    description: `${quantity.description}: ${statistic.description}`,
    low: `small ${quantity.title}`,
    high: `large ${quantity.title}`,
    aliases: statistic.aliases(quantity.name),
    min: 0,
    max: MAX_MEASUREMENT,
    integer: false,
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
