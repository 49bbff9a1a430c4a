import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = new URL('../..', import.meta.url).pathname;

export interface Line {
  file: string;
  /** From 1. */
  number: number;
  text: string;
}

/** Files of the working tree that are committed or could be, relative to the repository. */
export const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 2 ** 26,
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)));

export const documents = files.filter((file) => file.endsWith('.md'));
/** Programs and settings, whose comments are prose. ONNX's own description of its format is not ours. */
export const programs = files.filter(
  (file) =>
    /\.(tsx?|mjs|py|yml|sh)$|(^|\/)Dockerfile$|^\.ci\/run$/.test(file) &&
    !file.startsWith('model/onnx/proto/'),
);

export function linesOf(file: string): Line[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.map((text, index) => ({ file, number: index + 1, text }));
}

/** Whether a line of a program is a comment as a whole. */
export function isComment({ file, text }: Line): boolean {
  return /\.(tsx?|mjs)$/.test(file) ? /^\s*(\/\/|\{?\/\*|\*( |\/|$))/.test(text) : /^\s*#/.test(text);
}

/** The comments of a program: whole lines, and what stands behind code. */
export function commentsOf(file: string): Line[] {
  const behind = /\.(tsx?|mjs)$/.test(file) ? /\s(\/\/\s.*)$/ : /\s(#\s.*)$/;
  return linesOf(file).flatMap((line) => {
    if (isComment(line)) return [line];
    const comment = behind.exec(line.text)?.[1];
    return comment === undefined ? [] : [{ ...line, text: comment }];
  });
}

/** Lines as they are that are a comment, end in one, or belong to a state's `Comment`. */
export function linesWithComments(file: string): Line[] {
  const commented = new Set(commentsOf(file).map(({ number }) => number));
  // Columns before the state's `Comment` that the lines of its text are behind.
  let indent = Number.POSITIVE_INFINITY;
  return linesOf(file).filter((line) => {
    const column = line.text.search(/\S/);
    if (column <= indent) indent = Number.POSITIVE_INFINITY;
    if (file.endsWith('.yml') && /^\s*Comment:/.test(line.text)) indent = column;
    return commented.has(line.number) || column >= indent;
  });
}

/** A program without its comments; any other text file as it is. */
export function codeOf(file: string): string {
  if (!programs.includes(file)) return readFileSync(join(root, file), 'utf8');
  const lines = linesOf(file).filter((line) => !isComment(line));
  return lines.map(({ text }) => text.replace(/\s(\/\/|#)\s.*$/, '')).join('\n');
}

/** The prose of a Markdown file: everything outside its fenced blocks. */
export function proseOf(file: string): Line[] {
  let fenced = false;
  return linesOf(file).filter(({ text }) => {
    const fence = /^\s*```/.test(text);
    if (fence) fenced = !fenced;
    return !fence && !fenced;
  });
}
