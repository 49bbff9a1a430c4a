const { join } = require('node:path');

const SUBSTITUTES = {
  '@aws-sdk/credential-provider-node': 'lambda-credentials.ts',
  '@smithy/core/event-streams': 'no-event-streams.ts',
};

/**
 * Plugins of esbuild that leave out what the functions never use: all places of credentials but Lambda's own,
 * and event streams. Both are a fifth of a bundle and of the time that a cold start takes.
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
