import { stripVTControlCharacters } from 'node:util';

/** How many characters a terminal shows of a text. Codes for colours take no room. */
export const shownLength = (text: string) => [...stripVTControlCharacters(text)].length;

/**
 * Breaks a text between words into lines of at most `columns` characters. Lines after the first are indented
 * by two more than it. A word that is longer than a line stays whole: it is a path, a name or an address.
 */
export function wrap(text: string, columns: number): string[] {
  if (shownLength(text) <= columns) return [text];
  const indent = /^\s*/.exec(text)![0];
  const lines: string[] = [];
  let line = indent;
  // Groups of spaces are columns of a table and stay, unless the line ends there.
  for (const [, space = '', word = ''] of text.slice(indent.length).matchAll(/(\s*)(\S+)/g)) {
    if (line.trim() !== '' && shownLength(line) + space.length + shownLength(word) > columns) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else {
      line += `${space}${word}`;
    }
  }
  return [...lines, line];
}

/**
 * A command for a shell, over as many lines as it needs, each but the last with a backslash at its end.
 *
 * @param words each stays whole on one line
 */
export function wrapCommand(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = words[0] ?? '';
  for (const word of words.slice(1)) {
    // Two more for the space and the backslash at the end of the line.
    if (line.length + 1 + word.length + 2 > columns) {
      lines.push(`${line} \\`);
      line = `  ${word}`;
    } else {
      line += ` ${word}`;
    }
  }
  return [...lines, line];
}
