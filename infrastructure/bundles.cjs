const { join } = require('node:path');

/**
 * Plugins of esbuild. Zod's messages in some fifty languages are a quarter of each bundle, and the functions
 * speak one.
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
];
