const { readFile } = require('node:fs/promises');
const { join } = require('node:path');

/** Files of `cloud/aws/` that take the place of a module of the SDK, and say why. */
const SUBSTITUTES = {
  '@aws-sdk/credential-provider-node': 'lambda-credentials.ts',
  '@smithy/core/event-streams': 'no-event-streams.ts',
};

/** What each operation of a service sends and gets, as the SDK's clients have it. */
const SCHEMAS = /[\\/]@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_\d+\.js$/;

/**
 * Writes `{ [_h]: 1 }` as `{ "http": 1 }`. esbuild keeps what has a computed key, because computing it could
 * do something; so a function that reads one object would load every operation of S3.
 */
function withPlainKeys(source) {
  const constants = new Map(
    Array.from(source.matchAll(/^const (\w+) = ("[^"\\]*");$/gm), ([, name, text]) => [name, text]),
  );
  return source.replace(/\[(\w+)\]:/g, (key, name) =>
    constants.has(name) ? `${constants.get(name)}:` : key,
  );
}

/**
 * Plugins of esbuild that leave out what the functions never use, so that a cold start has less to read: all
 * places of credentials but Lambda's own, event streams, and operations that nobody calls.
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
  {
    name: 'unused-schemas',
    setup(build) {
      build.onLoad({ filter: SCHEMAS }, async ({ path }) => ({
        contents: withPlainKeys(await readFile(path, 'utf8')),
      }));
    },
  },
];
