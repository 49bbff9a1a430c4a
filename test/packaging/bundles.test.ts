import { createRequire } from 'node:module';
import { build, type Plugin } from 'esbuild';
import { expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const plugins: Plugin[] = require('../../infrastructure/bundles.cjs');

it("a function's bundle has Lambda's credentials and one language, and nothing in place of them", async () => {
  const { metafile } = await build({
    stdin: {
      contents: "export { S3Client } from '@aws-sdk/client-s3'; export { z } from 'zod';",
      resolveDir: import.meta.dirname,
    },
    ...{ bundle: true, write: false, metafile: true, platform: 'node', format: 'esm', plugins },
    mainFields: ['module', 'main'],
  });

  const inputs = Object.keys(metafile.inputs);
  expect(inputs).toContain('cloud/aws/lambda-credentials.ts');
  expect(
    inputs.filter((file) => /credential-provider-(node|ini|sso|process|web-identity)/.test(file)),
  ).toEqual([]);
  expect(inputs.filter((file) => /zod\/v4\/locales\/[a-z-]+\.js$/i.test(file))).toEqual([
    expect.stringMatching(/locales\/en\.js$/),
  ]);
});
