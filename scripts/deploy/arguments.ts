import { parseArgs } from 'node:util';
import { InvalidInputError } from '#core/errors.ts';

export const usage = `npm run deploy -- --stage NAME [--region REGION] [--dry-run]

Packages the stack, builds and pushes the container image, deploys. Needs AWS credentials (the standard chain), a
Docker engine, and GRAFT_SIGNING_PUBLIC_KEYS (from graft keygen). docs/deploy.md has the whole story.

  --stage NAME     one deployment of Graft in the account, for instance dev or prod
  --region REGION  default: AWS_REGION, else eu-central-1
  --dry-run        print every step and change nothing`;

/** What is deployed, and where to. */
export interface Target {
  stage: string;
  region: string;
  signingPublicKeys: string[];
  dryRun: boolean;
}

/** @returns undefined when the usage was asked for */
export function readArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Target | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stage: { type: 'string' },
      region: { type: 'string', default: environment.AWS_REGION ?? 'eu-central-1' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  if (values.stage === undefined || !/^[a-z][a-z0-9]{0,15}$/.test(values.stage)) {
    throw new InvalidInputError(
      values.stage === undefined
        ? 'Which stage? --stage is missing'
        : `"${values.stage}" is no name for a stage: a lower-case letter, then up to 15 letters and digits`,
      { hint: 'For instance: npm run deploy -- --stage dev' },
    );
  }
  const signingPublicKeys = (environment.GRAFT_SIGNING_PUBLIC_KEYS ?? '')
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
  if (signingPublicKeys.length === 0 && !values['dry-run']) {
    throw new InvalidInputError('GRAFT_SIGNING_PUBLIC_KEYS is not set: the stack would refuse every model', {
      hint: 'Run `npx graft keygen` and export GRAFT_SIGNING_PUBLIC_KEYS=<the public key that it prints>.',
    });
  }
  return { stage: values.stage, region: values.region, signingPublicKeys, dryRun: values['dry-run'] };
}
