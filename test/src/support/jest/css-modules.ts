/** Jest transform: a CSS module exports its classes, named in camel case as in the build and called as in the style sheet. */
export default {
  process(source: string): { code: string } {
    const names = [...source.matchAll(/\.([a-z][\w-]*)/g)].map(([, name = '']) => name);
    const classes = names.map((name) => [name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()), name]);
    return { code: `module.exports = ${JSON.stringify(Object.fromEntries(classes))};` };
  },
};
