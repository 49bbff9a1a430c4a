import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'local-aws',
    include: ['test/**/*.test.ts'],
    // Loading the services and the SDK anew costs most files more than their tests.
    isolate: false,
    setupFiles: ['test/setup/each-file.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // The SDK's versions are pinned; what later ones will need would stand in the log of every test file.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
});
