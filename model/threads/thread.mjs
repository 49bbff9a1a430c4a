// Where a thread starts as long as the sources are TypeScript: a thread does not inherit the parent's loader.
// In the container's bundles, `thread.ts` itself has this name. The tests have such bundles of the same
// sources: translating these costs half a second a thread.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const builds = process.env.GRAFT_TEST_BUILDS;
if (builds) {
  await import(pathToFileURL(join(builds, 'test-agent', 'dist', 'thread.mjs')).href);
} else {
  const { register } = await import('tsx/esm/api');
  register();
  await import('./thread.ts');
}
