import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { folderInMemory } from './test/setup/folder-in-memory.ts';
import { ownProcess } from './test/setup/own-process.ts';

// Of all projects and of what they start.
process.env.TMPDIR = folderInMemory() ?? tmpdir();

const graft = {
  setupFiles: ['packages/local-aws/test/setup/each-file.ts'],
  testTimeout: 60_000,
  hookTimeout: 120_000,
  env: {
    // The SDK's versions are pinned; what later ones will need would stand in the log of every test file.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    // The functions' logger reads its level when it is made.
    POWERTOOLS_LOG_LEVEL: 'SILENT',
    // A service of the person who runs the tests must not take their models.
    GRAFT_STATE: join(tmpdir(), 'graft-test-state'),
    // What the global setup has built: the container's programs and the agent start faster from it.
    GRAFT_TEST_BUILDS: fileURLToPath(new URL('.build', import.meta.url)),
  },
} satisfies TestProjectInlineConfiguration['test'];
const own = ownProcess.map((path) => (path.endsWith('/') ? `${path}**/*.test.ts` : path));

export default defineConfig({
  test: {
    // By default one core is left alone, which on two would be half of them.
    maxWorkers: availableParallelism(),
    globalSetup: ['test/setup/packaged-stack.ts'],
    projects: [
      'packages/*',
      { test: { ...graft, name: 'graft', include: ['test/**/*.test.ts'], exclude: own, isolate: false } },
      { test: { ...graft, name: 'graft-own-process', include: own } },
    ],
  },
});
