/** Names of the Original data's columns in much-copied tutorials and German forms, beside the published aliases. */
const wbcVariants: Record<string, readonly string[]> = {
  clump_thickness: ['clump_thick', 'clumpthick', 'thickness_of_clumps', 'klumpendicke'],
  uniformity_of_cell_size: [
    'unif_cell_size',
    'uniform_cell_size',
    'uniformity_of_size',
    'uofcsize',
    'zellgröße',
    'zellgroesse',
    'gleichmäßigkeit_der_zellgröße',
  ],
  uniformity_of_cell_shape: [
    'unif_cell_shape',
    'uniform_cell_shape',
    'uniformity_of_shape',
    'uofcshape',
    'zellform',
    'gleichmäßigkeit_der_zellform',
  ],
  marginal_adhesion: ['marg_adhes', 'marginal_adhes', 'randadhäsion', 'randadhaesion', 'marginale_adhäsion'],
  single_epithelial_cell_size: [
    'single_epi_cell_size',
    'single_epith_cell_size',
    'sing_epi_size',
    'single_cell_size',
    'epithelial_cell_size',
    'secsize',
    'epithelzellgröße',
    'epithelzellgroesse',
  ],
  bare_nuclei: ['nackte_kerne', 'freie_kerne'],
  bland_chromatin: ['bland_chrom', 'chromatin'],
  normal_nucleoli: ['norm_nucleoli', 'nucleoli', 'nukleolen', 'normale_nukleolen'],
  mitoses: ['mitosis_count', 'mitotic_count', 'mitoses_count', 'mitosen'],
};

/** Quantities by which R's mclust and other copies of the Diagnostic data name their columns. */
const quantityVariants: Record<string, readonly string[]> = {
  concave_points: ['nconcave', 'n_concave', 'concave_pts', 'concave_point', 'points'],
  fractal_dimension: ['fractaldim', 'fractal_dim', 'fractal', 'dimension'],
};

/** Words for a statistic, before or after the quantity. */
const statisticVariants: Record<string, readonly string[]> = {
  mean: ['mean', 'avg', 'average'],
  se: ['se', 'error', 'std_error', 'stderr', 'standard_error'],
  worst: ['worst', 'max', 'maximum', 'largest', 'extreme'],
};

export const STATISTIC_WORDS: ReadonlySet<string> = new Set(
  Object.values(statisticVariants).flatMap((words) => words.map((word) => word.replaceAll('_', ''))),
);

/** Further names of a feature, which the API does not list as aliases. */
export function featureVariants(schema: string, feature: string, quantity: string | undefined): readonly string[] {
  if (schema === 'wbc') return wbcVariants[feature] ?? [];
  if (schema !== 'wdbc' || quantity === undefined) return [];
  const statistic = feature.slice(quantity.length + 1);
  return [quantity, ...(quantityVariants[quantity] ?? [])].flatMap((name) =>
    (statisticVariants[statistic] ?? []).flatMap((word) => [
      `${name}_${word}`,
      `${word}_${name}`,
      `${word}_of_${name}`,
    ]),
  );
}
