import { dirname, join } from 'node:path';
import { codeOf, files, type Line } from './sources.ts';

const isTest = (file: string) => /(^|\/)test\//.test(file);
const programText = files.filter(
  (file) => !/\.(md|svg|png|jpg)$|^LICENSE$|^package-lock\.json$|^test\/documentation\//.test(file),
);
const textOf = (some: readonly string[]) => some.map(codeOf).join('\n');
const wordsOf = (text: string) => new Set(text.match(/[A-Za-z_$][\w$]*/g));

/** The code that is not a test's. */
const code = textOf(programText.filter((file) => !isTest(file)));
const testCode = textOf(programText.filter(isTest));
/**
 * Every word of the code, strings included: names of ours, of AWS and of packages, as far as the code uses
 * them. A test's words count in comments of tests alone: otherwise the words of their sentences would hide
 * names that are gone.
 */
const codeWords = wordsOf(code);
const testWords = wordsOf(testCode);

const IDENTIFIER = /^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*(\(\))?$/;
const CAMEL_CASE = /(?<![\w./-])([a-z]+[A-Z]\w*|[A-Z]+[a-z]+[A-Z]\w*)\b/g;
const FILE_NAME = /(?<![\w./<>*{}-])[\w.<>*{},/-]*[\w>*}]\.(?:ts|mjs|py|yml|json|md|sh|html)\b(?![\w./])/g;
const IS_FILE_NAME = new RegExp(`^${FILE_NAME.source}$`);
/** A path below one of our folders, without an ending. */
const FOLDER = new RegExp(
  `(?<![\\w./<>*{}-])(?:${[...new Set(files.map((file) => file.split('/')[0]))].join('|')})(?:/[\\w<>*{},-]+)+(?!\\.?[\\w<>*{}-]|/[\\w<*{])`,
  'g',
);
const URL = /\w+:\/\/\S+/g;

/**
 * Identifiers in a line of prose that no code has: words in backticks that look like an identifier, and other
 * words in camel case.
 */
export function missingIdentifiers({ file, text }: Pick<Line, 'file' | 'text'>): string[] {
  const prose = text.replace(URL, '');
  const quoted = [...prose.matchAll(/`([^`]+)`/g)]
    .map(([, span]) => span!)
    .filter((span) => IDENTIFIER.test(span) && !IS_FILE_NAME.test(span))
    .flatMap((span) => span.replace('()', '').split('.'));
  const others = prose.match(CAMEL_CASE) ?? [];
  return [...new Set([...quoted, ...others])].filter(
    (word) => !codeWords.has(word) && !(isTest(file) && testWords.has(word)),
  );
}

/**
 * File names and paths of folders in a line of prose that stand for nothing: neither for a file or folder of
 * the repository (by its path, by its path relative to the document, or by the end of its path) nor, unless
 * it is a source file, for a file that the code writes or reads: then the code has each part of its path.
 */
export function missingFiles({ file, text }: Line): string[] {
  const prose = text.replace(URL, '');
  const named = [...(prose.match(FILE_NAME) ?? []), ...(prose.match(FOLDER) ?? [])];
  return named.filter((name) => {
    const pattern = patternOf(name);
    if (files.some((one) => pattern.test(one)) || files.includes(join(dirname(file), name))) return false;
    if (!IS_FILE_NAME.test(name) || /\.(ts|md|py|sh)$/.test(name)) return true;
    return !name
      .split('/')
      .every((part) => /[<*{]/.test(part) || code.includes(part) || testCode.includes(part));
  });
}

/** `<name>` and `*` stand for anything, `{a,b}` for either. */
function patternOf(name: string): RegExp {
  const parts = name.replace(/<\w+>/g, '*').replaceAll('.', '\\.').replaceAll('*', '[^/]*');
  const alternatives = parts.replace(/\{([^}]*)\}/g, (_, list: string) => `(${list.replaceAll(',', '|')})`);
  return new RegExp(`(^|/)${alternatives}(/|$)`);
}
