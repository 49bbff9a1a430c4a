import { createRequire } from 'node:module';
import { build, type Plugin } from 'esbuild';
import { expect, it } from 'vitest';

const require = createRequire(import.meta.url);
const plugins: Plugin[] = require('../../infrastructure/bundles.cjs');

/** Bundles a program as serverless.yml does. */
const bundle = (contents: string) =>
  build({
    stdin: { contents, resolveDir: import.meta.dirname },
    ...{ bundle: true, write: false, metafile: true, platform: 'node', format: 'esm', plugins },
    mainFields: ['module', 'main'],
  });

it("a function's bundle has Lambda's credentials, one language and no event streams", async () => {
  const { metafile } = await bundle(`import { S3Client } from '@aws-sdk/client-s3';
    import * as z from 'zod';
    export const settings = [new S3Client(), z.string()];`);

  const [output] = Object.values(metafile.outputs);
  const inputs = Object.entries(output!.inputs).flatMap(([file, { bytesInOutput }]) =>
    bytesInOutput > 0 ? file : [],
  );
  expect(inputs).toContain('cloud/aws/lambda-credentials.ts');
  expect(
    inputs.filter((file) => /credential-provider-(node|ini|sso|process|web-identity)/.test(file)),
  ).toEqual([]);
  expect(inputs).toContain('cloud/aws/no-event-streams.ts');
  expect(inputs.filter((file) => /event-streams\/|bowser/.test(file))).toEqual([]);
  expect(inputs.filter((file) => /zod\/v4\/locales\/[a-z-]+\.js$/i.test(file))).toEqual([
    expect.stringMatching(/locales\/en\.js$/),
  ]);
});

it("a function's bundle has no operation of a service that it does not use", async () => {
  const { outputFiles } = await bundle(`import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
    export const answer = new S3Client().send(new GetObjectCommand({ Bucket: 'models', Key: 'model.onnx' }));`);

  const { text } = outputFiles[0]!;
  expect(text).toContain('/{Key+}?x-id=GetObject');
  expect(text).not.toContain('/{Key+}?x-id=PutObject');
  expect(text).not.toContain('/?lifecycle');
});
