import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** API to which `npm run dev` forwards requests. */
const API = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react({ jsxImportSource: '@cytoqueue/web' }), linkPages()],
  // Relative: the API puts the path of PUBLIC_URL before them when it serves the page.
  base: './',
  // Compiled from source, so that unused code is left out.
  resolve: {
    alias: { '@cytoqueue/client': fileURLToPath(new URL('../../packages/client/src/index.ts', import.meta.url)) },
  },
  css: {
    modules: {
      localsConvention: 'camelCaseOnly',
      // `grade-field_grade-row`; the names of the style sheets are unique.
      generateScopedName: (name, file) => `${basename(file, '.module.css')}_${name}`,
    },
  },
  build: {
    target: 'es2022',
    // Fonts and images stay files: the content security policy allows no data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Lists the scripts of each page; not served.
    manifest: true,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // One file each, because a browser loads six at a time.
          groups: [
            { name: 'main', test: /\/src\/main\.ts$/, priority: 2 },
            { name: 'show-app', test: /\/src\/layout\/show-app\.tsx$/, priority: 1 },
          ],
        },
      },
    },
  },
  server: { proxy: { '/v1': API, '/health': API, '/admin': API, '/docs': API, '/openapi.json': API } },
});

/** Lets the browser load the script and styles of the pages from the start, not when the first script asks for them. */
function linkPages() {
  return {
    name: 'link-pages',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle = {} }) =>
        Object.values(bundle)
          .filter(({ name }) => name === 'show-app')
          .flatMap((pages) => [
            ...[pages.fileName, ...pages.imports].map((file) => link('modulepreload', file)),
            ...[...pages.viteMetadata.importedCss].map((file) => link('stylesheet', file)),
          ]),
    },
  };
}

function link(rel, file) {
  return { tag: 'link', attrs: { rel, crossorigin: true, href: `./${file}` }, injectTo: 'head' };
}
