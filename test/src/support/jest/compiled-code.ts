import vm from 'node:vm';

type CompileFunction = typeof vm.compileFunction;
type Compiled = ReturnType<CompileFunction>;

/** A file's text with the script that it was compiled to, and from its second use on the code of V8. */
interface CompiledFile {
  readonly text: string;
  script?: vm.Script;
  code?: Buffer;
}

const files = new Map<string, CompiledFile>();

/**
 * Lets jest compile each file once per process. jest loads all modules again for every test file, and compiling them
 * again takes a quarter of the processor time of that. The code is taken when the file is used again: it then has the
 * functions that were called.
 */
export function reuseCompiledCode(): void {
  vm.compileFunction = function compileOrReuse(
    ...[text, parameters = [], options = {}]: Parameters<CompileFunction>
  ): Compiled {
    const { filename = '', parsingContext } = options;
    const importModuleDynamically = options.importModuleDynamically as vm.ScriptOptions['importModuleDynamically'];
    const known = files.get(filename);
    const cachedData = known?.text === text ? codeOf(known) : undefined;
    const start = `(function (${parameters.join(',')}) {`;
    const script = new vm.Script(`${start}${text}\n})`, {
      filename,
      columnOffset: -start.length,
      ...(importModuleDynamically && { importModuleDynamically }),
      ...(cachedData && { cachedData }),
    });
    if (cachedData === undefined) files.set(filename, { text, script });
    return (parsingContext ? script.runInContext(parsingContext) : script.runInThisContext()) as Compiled;
  };
}

function codeOf(file: CompiledFile): Buffer | undefined {
  file.code ??= file.script?.createCachedData();
  delete file.script;
  return file.code;
}
