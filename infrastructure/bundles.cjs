const { join } = require('node:path');

/** Files of `cloud/aws/` that take the place of a module of the SDK, and say why. */
const SUBSTITUTES = {
  '@aws-sdk/credential-provider-node': 'lambda-credentials.ts',
  '@smithy/core/event-streams': 'no-event-streams.ts',
};

/**
 * Plugins of esbuild that leave out what the functions never use, so that a cold start has less to read: all
 * places of credentials but Lambda's own, and event streams.
 */
module.exports = [
  {
    name: 'substitutes',
    setup(build) {
      build.onResolve({ filter: /^@(aws-sdk|smithy)\// }, ({ path }) =>
        path in SUBSTITUTES ? { path: join(__dirname, '../cloud/aws', SUBSTITUTES[path]) } : undefined,
      );
    },
  },
];
