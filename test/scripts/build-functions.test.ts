import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listZip, readZipText } from '../../onprem-agent/commands/backend/zip.ts';
import { buildFunctions } from '../../scripts/build-functions.ts';

const root = mkdtempSync(join(tmpdir(), 'graft-build-functions-'));
const put = (name: string, text: string) => writeFileSync(join(root, name), text);
beforeAll(async () => {
  mkdirSync(join(root, 'functions'));
  put('functions/shared.ts', 'export const shared: string = "in both";');
  put('functions/read.ts', 'import { shared } from "./shared.ts"; export const handler = () => shared;');
  put('functions/put-back.ts', 'export { shared as handler } from "./shared.ts"; export const word = WORD;');
  put(
    'plugins.cjs',
    'module.exports = [{ name: "a", setup: (b) => { b.initialOptions.define = { WORD: "42" } } }];',
  );
  put(
    'serverless.yml',
    `
custom:
  esbuild: { bundle: true, format: esm, sourcemap: linked, outputFileExtension: .mjs, concurrency: 2, plugins: plugins.cjs }
functions:
  read: { handler: functions/read.handler, role: !GetAtt Role.Arn }
  again: { handler: functions/read.handler }
  putBack: { handler: functions/put-back.handler }
`,
  );
  await buildFunctions(join(root, 'out'), root);
});
afterAll(() => rmSync(root, { recursive: true }));

const archive = (name: string) => join(root, 'out', `${name}.zip`);
async function contentOf(name: string): Promise<Record<string, string>> {
  const entries = await listZip(archive(name));
  const texts = entries.map(
    async (entry) => [entry.fileName, await readZipText(archive(name), entry)] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}

test('each function has an archive of its own bundle and source map, two of one file too', async () => {
  expect(readdirSync(join(root, 'out')).sort()).toEqual(['again.zip', 'putBack.zip', 'read.zip']);
  const { 'functions/read.mjs': bundle, 'functions/read.mjs.map': map, ...rest } = await contentOf('read');
  expect(rest).toEqual({});
  expect(bundle).toContain('in both');
  expect(JSON.parse(map!).sources).toEqual(['../../../functions/shared.ts', '../../../functions/read.ts']);
  expect(readFileSync(archive('again'))).toEqual(readFileSync(archive('read')));
});

test('the settings and plugins of serverless.yml make the bundles', async () => {
  const { 'functions/put-back.mjs': bundle } = await contentOf('putBack');

  expect(bundle).toContain('word = 42');
});

test('the same sources give the same bytes', async () => {
  await buildFunctions(join(root, 'once-more'), root);

  expect(readFileSync(join(root, 'once-more', 'putBack.zip'))).toEqual(readFileSync(archive('putBack')));
});
