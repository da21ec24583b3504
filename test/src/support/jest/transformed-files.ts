/** The parts of jest's runtime of a test file that read and transform modules. */
interface Runtime {
  readonly transformCache: {
    transform(path: string, options?: { readonly isInternalModule?: boolean }): string;
    readonly transforms: Map<string, Transformed>;
    readonly sourceMaps: Map<string, string>;
  };
}

interface Transformed {
  readonly code: string;
  readonly sourceMapPath?: string | null;
}

const files = new Map<string, Transformed>();
/** Modules of jest itself, which are not transformed. */
const internalFiles = new Map<string, string>();

/**
 * Lets jest read each file once per process. jest reads and looks up all modules again for every test file, which takes a
 * sixth of the processor time of loading them. Not for `--watch`, where files change.
 */
export function reuseTransformedFiles({ transformCache }: Runtime): void {
  const transform = transformCache.transform.bind(transformCache);
  transformCache.transform = (path, options) => {
    if (options?.isInternalModule) {
      const text = internalFiles.get(path) ?? transform(path, options);
      internalFiles.set(path, text);
      return text;
    }
    const file = files.get(path);
    if (file === undefined) {
      const code = transform(path, options);
      const transformed = transformCache.transforms.get(path);
      if (transformed !== undefined) files.set(path, transformed);
      return code;
    }
    transformCache.transforms.set(path, file);
    if (file.sourceMapPath) transformCache.sourceMaps.set(path, file.sourceMapPath);
    return file.code;
  };
}
