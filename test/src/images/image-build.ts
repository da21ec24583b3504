import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/stack-process';
import { BuildContext } from './build-context';
import { type ImageConfiguration, type Stage, configurationOf, readStages } from './dockerfile';
import { runBuildLine } from './sandbox';

/** Lines of the build stage that scripts/setup.sh has run in this checkout. */
const DONE_IN_CHECKOUT = /^npm ci --ignore-scripts$|^node scripts\/build-wasm\.mjs && node_modules\/\.bin\/tsc -b /;
const NO_FILES = ['ARG', 'LABEL', 'WORKDIR', 'ENV', 'VOLUME', 'EXPOSE', 'USER', 'HEALTHCHECK', 'ENTRYPOINT'];

/**
 * Follows the COPY and RUN lines of a service's Dockerfile without a container engine. Each stage is a folder whose
 * `app` and
 * `image` stand at /app and /image while its lines run. In the stage that copies the whole context, /app is this
 * checkout,
 * read-only, with its packages and its build.
 */
export class ImageBuild {
  private readonly folder = mkdtempSync(join(tmpdir(), 'cytoqueue-image-'));
  private readonly context = new BuildContext();
  private readonly npmCache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim();
  private readonly stages: readonly Stage[];

  constructor(service: string) {
    this.stages = readStages(join(ROOT, 'services', service, 'Dockerfile'));
  }

  /** Content of /app in the image. */
  get tree(): string {
    return join(this.folder, 'image', 'app');
  }

  get configuration(): ImageConfiguration {
    return configurationOf(this.stages.at(-1) as Stage);
  }

  async run(): Promise<void> {
    mkdirSync(this.npmCache, { recursive: true });
    for (const stage of this.stages) await this.runStage(stage);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async runStage({ name, instructions }: Stage): Promise<void> {
    const root = join(this.folder, name);
    for (const folder of ['app', 'image']) mkdirSync(join(root, folder), { recursive: true });
    const isCheckout = instructions.some(({ keyword, text }) => keyword === 'COPY' && text === '. .');
    const app = isCheckout ? ROOT : join(root, 'app');
    for (const { keyword, text } of instructions) {
      if (keyword === 'COPY' && text !== '. .') this.copy(text, root);
      else if (keyword === 'RUN' && !(isCheckout && DONE_IN_CHECKOUT.test(text))) {
        const writable = { '/image': join(root, 'image') };
        await (isCheckout
          ? runBuildLine(text, writable, { '/app': app }, this.npmCache)
          : runBuildLine(text, { ...writable, '/app': app }, {}, this.npmCache));
      } else if (!['COPY', 'RUN', ...NO_FILES].includes(keyword))
        throw new Error(`a Dockerfile line this test does not know: ${keyword} ${text}`);
    }
  }

  private copy(text: string, root: string): void {
    const [, from, paths = ''] = /^(?:--from=(\S+) )?([^-].*)$/.exec(text) ?? [];
    const sources = paths.split(' ');
    const target = sources.pop() as string;
    // cpSync needs an absolute target: './' and other relative paths are below WORKDIR /app.
    const place = join(root, target.startsWith('/') ? target : join('app', target), target.endsWith('/') ? '/' : '');
    if (paths === '' || sources.length === 0) throw new Error(`a COPY this test does not know: ${text}`);
    for (const source of sources) {
      if (from === undefined) this.context.copy(source, place);
      else cpSync(join(this.folder, from, source), place, { recursive: true, verbatimSymlinks: true });
    }
  }
}
