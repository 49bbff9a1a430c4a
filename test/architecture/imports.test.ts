import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;

/** The right-hand column of the table in docs/architecture.md. */
const mayImport: Record<string, readonly string[]> = {
  core: [],
  model: ['core'],
  cloud: ['core'],
  functions: ['core', 'cloud'],
  console: ['core', 'cloud'],
  'onprem-agent': ['core', 'model', 'cloud', 'console'],
  container: ['core', 'model'],
  packages: [],
};

function sourcesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Specifiers of static and dynamic imports, and of re-exports. */
function specifiersIn(source: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)['"]([^'"]+)['"]/g;
  return [...source.matchAll(pattern)].map((match) => match[1]!);
}

/** Folder of ours that a specifier leads to; undefined for packages and for the file's own folder. */
function folderOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1).split('/')[0];
  if (!specifier.startsWith('.')) return undefined;
  return relative(root, join(dirname(file), specifier)).split('/')[0];
}

function violationsOf(folder: string): string[] {
  const allowed = [folder, ...mayImport[folder]!];
  return sourcesOf(folder).flatMap((file) =>
    specifiersIn(readFileSync(file, 'utf8'))
      .map((specifier) => ({ specifier, target: folderOf(file, specifier) }))
      .filter(({ target }) => target !== undefined && !allowed.includes(target) && target !== 'package.json')
      .map(({ specifier }) => `${relative(root, file)} imports ${specifier}`),
  );
}

describe('the import rule of the architecture', () => {
  test.each(Object.keys(mayImport))('%s imports only what its row allows', (folder) => {
    expect(sourcesOf(folder).length).toBeGreaterThan(0);
    expect(violationsOf(folder)).toEqual([]);
  });

  test('of the console is that page and server share contracts only', () => {
    const others = { page: 'server', server: 'page', contracts: '(page|server)' };
    for (const [room, other] of Object.entries(others)) {
      const across = new RegExp(`\\.\\./${other}/`);
      const wrong = sourcesOf(`console/${room}`).filter((file) =>
        specifiersIn(readFileSync(file, 'utf8')).some((specifier) => across.test(specifier)),
      );
      expect(wrong, room).toEqual([]);
    }
  });

  test('is that packages are imported by their names, never by paths into them', () => {
    const others = ['test', 'bench', 'demo', 'scripts', 'examples', ...Object.keys(mayImport)];
    const paths = others
      .filter((folder) => folder !== 'packages')
      .flatMap((folder) =>
        sourcesOf(folder).flatMap((file) =>
          specifiersIn(readFileSync(file, 'utf8'))
            .filter((specifier) => folderOf(file, specifier) === 'packages')
            .map((specifier) => `${relative(root, file)} imports ${specifier}`),
        ),
      );
    expect(paths).toEqual([]);
  });

  test('is the one that docs/architecture.md prints', () => {
    const table = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
    for (const [folder, allowed] of Object.entries(mayImport)) {
      const row = table.split('\n').find((line) => line.startsWith(`| \`${folder}/`));
      expect(row, folder).toBeDefined();
      const lastColumn = row!.split('|').at(-2)!;
      const named = [...lastColumn.matchAll(/`([a-z-]+)`/g)].map((match) => match[1]);
      expect(named.sort(), folder).toEqual([...allowed].sort());
    }
  });

  test('has one line in docs/architecture.md for each room of a folder', () => {
    const lines = readFileSync(join(root, 'docs/architecture.md'), 'utf8').split('\n');
    const rooms = Object.keys(mayImport)
      .filter((folder) => folder !== 'packages')
      .flatMap((folder) =>
        readdirSync(join(root, folder), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => `| \`${folder}/${name}/\` |`),
      );

    expect(rooms.length).toBeGreaterThan(20);
    expect(rooms.filter((row) => lines.filter((line) => line.startsWith(row)).length !== 1)).toEqual([]);
  });

  test('finds an import that it forbids', () => {
    const file = join(root, 'core', 'invented.ts');
    const found = specifiersIn(
      "import { x } from '#cloud/aws/clients.ts';\nconst y = await import('../model/backend.ts');",
    );
    expect(found.map((specifier) => folderOf(file, specifier))).toEqual(['cloud', 'model']);
  });
});
