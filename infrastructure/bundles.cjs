const { join } = require('node:path');

/**
 * Plugins of esbuild that leave out what the functions never use: Zod's messages in some fifty languages, a
 * quarter of each bundle, since the functions speak one; and all places of credentials but Lambda's own, a
 * sixth of the rest and of the time that a cold start takes.
 */
module.exports = [
  {
    name: 'one-language',
    setup(build) {
      build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer, resolveDir }) =>
        /[\\/]node_modules[\\/]zod[\\/]/.test(importer)
          ? { path: join(resolveDir, '../locales/en.js') }
          : undefined,
      );
    },
  },
  {
    name: 'credentials-of-lambda',
    setup(build) {
      build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({
        path: join(__dirname, '../cloud/aws/lambda-credentials.ts'),
      }));
    },
  },
];
