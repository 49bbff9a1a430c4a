import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documents, linesOf, programs, root } from './sources.ts';

interface Confusion {
  what: string;
  pattern: RegExp;
  /** What to write. */
  instead: string;
  /** Lines that are meant otherwise. */
  except?: RegExp;
}

/** In code, comments and messages, and in documents. */
const CONFUSIONS: readonly Confusion[] = [
  { what: '"artefact"', pattern: /artefact/i, instead: 'artifact' },
  { what: 'a fine-tuning job', pattern: /fine-tuning (training )?job/i, instead: 'transfer job' },
  { what: "the challenger's job", pattern: /challenger('s)? (training )?job/i, instead: 'transfer job' },
  { what: '"course" for a curve', pattern: /\b[a-z]*Course\b/, instead: 'validation curve' },
  {
    what: '"classes" for a number or for integers',
    pattern: /\b(const|let|readonly) classes\b|[.({[,]\s*classes\s*[,:.)}=\]]|^\s*classes\??[,:]/,
    instead: 'labelCount or classIndices',
    // The manifest's field, which is in S3, and that of the events of `graft train --json`.
    except: /dataSet\.classes|classes: (z\.int\(\)|data\.labels\.length)|dataSet: \{.*classes:/,
  },
];

const lines = [...programs, ...documents]
  .filter((file) => !/^test\/documentation\/|^docs\/glossary\.md$|^CHANGELOG\.md$/.test(file))
  .flatMap(linesOf);

describe('the glossary', () => {
  const entries = readFileSync(join(root, 'docs/glossary.md'), 'utf8').matchAll(
    /^- \*\*(.+?)\*\*.*: (.+)$/gm,
  );
  const words = [...entries].map(([, word]) => word!);

  test('is in alphabetical order, a word a line', () => {
    expect(words.length).toBeGreaterThan(20);
    expect(words).toEqual([...new Set(words)].sort((a, b) => a.localeCompare(b, 'en')));
  });

  test.each(CONFUSIONS)('keeps out $what', ({ pattern, instead, except }) => {
    const found = lines.filter(({ text }) => pattern.test(text) && !except?.test(text));

    expect(found.map(({ file, number, text }) => `${file}:${number} ${text.trim()} (${instead})`)).toEqual(
      [],
    );
  });

  test.each([
    ['const artefacts = await list();', '"artefact"'],
    ['function followCourse() {', '"course" for a curve'],
    ['const { input, classes, seed } = options;', '"classes" for a number or for integers'],
    ['  classes: Int32Array;', '"classes" for a number or for integers'],
    ['the fine-tuning job has scored it', 'a fine-tuning job'],
    ["runs in the challenger's job", "the challenger's job"],
  ])('finds a confusion in %j', (text, what) => {
    expect(CONFUSIONS.filter(({ pattern }) => pattern.test(text)).map((one) => one.what)).toEqual([what]);
  });
});
