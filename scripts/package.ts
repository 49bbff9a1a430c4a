import { parseArgs } from 'node:util';
import { describeError } from '#core/errors.ts';
import { packageStack } from './package-stack.ts';

const usage = `npm run package -- [--stage dev] [--region eu-central-1]

Builds the container's bundles and .serverless/ (the CloudFormation template and one archive per function). No
network, no credentials. GRAFT_SIGNING_PUBLIC_KEYS holds the public keys of your on-prem agents (graft keygen).`;

try {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string', default: 'dev' },
      region: { type: 'string', default: process.env.AWS_REGION ?? 'eu-central-1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
  } else {
    const keys = (process.env.GRAFT_SIGNING_PUBLIC_KEYS ?? '').split(',').filter((key) => key.trim() !== '');
    const { template, imageTag } = await packageStack({
      stage: values.stage,
      region: values.region,
      signingPublicKeys: keys,
      out: '.serverless',
    });
    console.log(`Packaged ${template} (image tag ${imageTag})`);
    if (keys.length === 0) {
      console.log(
        'No signing key is trusted: this stack will refuse every model. Set GRAFT_SIGNING_PUBLIC_KEYS.',
      );
    }
  }
} catch (error) {
  console.error(describeError(error));
  process.exitCode = error instanceof TypeError ? 2 : 1;
}
