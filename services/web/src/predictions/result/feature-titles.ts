import type { Feature } from '@cytoqueue/client';

/** Title of a feature or of a quantity (the feature group that evidence may refer to). */
export function featureTitle(name: string, features: readonly Feature[]): string {
  return features.find((feature) => feature.name === name)?.title ?? capitalize(name.replaceAll('_', ' '));
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
