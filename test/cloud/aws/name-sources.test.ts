import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';

const SOURCE = `import { nameSources } from '#name-sources';
function fail(): never {
  const cause = new Error('the cause');
  throw new Error('broken', { cause });
}
try {
  fail();
} catch (error) {
  nameSources('a text');
  error.cause.cause = error;
  nameSources(error);
  console.log(JSON.stringify([error.stack, error.cause.stack]));
}
`;
let folder: string;

/** What a bundle logs of its error, in a process that is not Vitest's, which maps stacks itself. */
async function stacksOf(sourcemap: 'linked' | false): Promise<[string, string]> {
  const outfile = join(folder, String(sourcemap), 'functions', 'broken.mjs');
  await build({
    ...{ absWorkingDir: folder, entryPoints: ['functions/broken.ts'], outfile, bundle: true },
    ...{ format: 'esm', platform: 'node', minify: true, sourcemap, sourcesContent: false },
    alias: { '#name-sources': join(import.meta.dirname, '../../../cloud/aws/name-sources.ts') },
  });
  const { stdout } = await promisify(execFile)(process.execPath, [outfile]);
  return JSON.parse(stdout);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-stack-'));
  await mkdir(join(folder, 'functions'));
  await writeFile(join(folder, 'functions', 'broken.ts'), SOURCE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("names the source's file and line, also in the cause", async () => {
  const [stack, cause] = await stacksOf('linked');

  expect(stack).toMatch(/^Error: broken\n\s+at .*functions\/broken\.ts:4:9\)?\n/);
  expect(stack).not.toContain('.mjs');
  expect(cause).toMatch(/^Error: the cause\n\s+at .*functions\/broken\.ts:3:17\)?\n/);
});

it('keeps the places of a bundle without a map', async () => {
  const [stack] = await stacksOf(false);

  expect(stack).toMatch(/^Error: broken\n\s+at .*\/functions\/broken\.mjs:1:\d+/);
});
