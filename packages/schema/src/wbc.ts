import { type Feature, type Schema, wisconsinDefaults } from './schema';

type Description = Pick<Feature, 'name' | 'title' | 'description' | 'low' | 'high' | 'aliases'>;

/** The cytologist's grades of a fine needle aspirate, 1 (as in normal tissue) to 10 (most abnormal). */
const descriptions: readonly Description[] = [
  {
    name: 'clump_thickness',
    title: 'Clump thickness',
    description: 'How many layers deep the cells lie in their groups.',
    low: 'a single layer of cells',
    high: 'thick clumps of many layers',
    aliases: ['clump', 'cl_thickness', 'v1'],
  },
  {
    name: 'uniformity_of_cell_size',
    title: 'Uniformity of cell size',
    description: 'How much the cells differ in size.',
    low: 'cells all of one size',
    high: 'cells of very different sizes',
    aliases: ['unifsize', 'cell_size', 'cell_size_uniformity', 'uniformity_cell_size', 'v2'],
  },
  {
    name: 'uniformity_of_cell_shape',
    title: 'Uniformity of cell shape',
    description: 'How much the cells differ in shape.',
    low: 'cells all of one shape',
    high: 'cells of very different shapes',
    aliases: ['unifshape', 'cell_shape', 'cell_shape_uniformity', 'uniformity_cell_shape', 'v3'],
  },
  {
    name: 'marginal_adhesion',
    title: 'Marginal adhesion',
    description: 'How far the cells at the edge of a group have lost their hold on each other.',
    low: 'cells at the edge hold together',
    high: 'cells at the edge come apart',
    aliases: ['margadh', 'marg_adhesion', 'adhesion', 'v4'],
  },
  {
    name: 'single_epithelial_cell_size',
    title: 'Single epithelial cell size',
    description: 'Size of the epithelial cells that lie alone.',
    low: 'single cells of normal size',
    high: 'single cells greatly enlarged',
    aliases: ['singepisize', 'epith_c_size', 'epithelial_size', 'v5'],
  },
  {
    name: 'bare_nuclei',
    title: 'Bare nuclei',
    description: 'Share of nuclei with no cytoplasm around them.',
    low: 'hardly any bare nuclei',
    high: 'nearly all nuclei are bare',
    aliases: ['barenuc', 'bare_nucleoli', 'v6'],
  },
  {
    name: 'bland_chromatin',
    title: 'Bland chromatin',
    description: 'Texture of the nuclear chromatin.',
    low: 'fine and even chromatin',
    high: 'coarse and clumped chromatin',
    aliases: ['blandchrom', 'bl_cromatin', 'bl_chromatin', 'v7'],
  },
  {
    name: 'normal_nucleoli',
    title: 'Normal nucleoli',
    description: 'How prominent the nucleoli are.',
    low: 'nucleoli very small or not visible',
    high: 'nucleoli large or several in a nucleus',
    aliases: ['normnucl', 'v8'],
  },
  {
    name: 'mitoses',
    title: 'Mitoses',
    description: 'How many cells are seen dividing.',
    low: 'hardly any dividing cells',
    high: 'very many dividing cells',
    aliases: ['mit', 'mitosis', 'v9'],
  },
];

/** Wisconsin Breast Cancer (Original): nine grades from 1 to 10. https://doi.org/10.24432/C5HP4Z */
export const wbc: Schema = {
  ...wisconsinDefaults,
  id: 'wbc',
  title: 'Wisconsin Breast Cancer (Original)',
  features: descriptions.map((description) => ({ ...description, min: 1, max: 10, integer: true })),
  labelTokens: [
    ['2', 'benign', 'b'],
    ['4', 'malignant', 'm'],
  ],
};
