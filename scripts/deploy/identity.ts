import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { InvalidInputError } from '#core/errors.ts';
import type { Target } from './arguments.ts';

/** Whose account it is, and who acts in it; undefined in a dry run without credentials. */
export interface Identity {
  account: string;
  arn: string;
}

/** @throws InvalidInputError when the credentials belong to another account than the stage */
export async function findIdentity(target: Target): Promise<Identity | undefined> {
  const sts = new STSClient({ region: target.region });
  let identity: Identity;
  try {
    const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
    identity = { account: Account ?? '', arn: Arn ?? '' };
  } catch (cause) {
    if (target.dryRun) return undefined;
    throw new InvalidInputError('AWS does not say whose credentials these are', {
      cause,
      hint: 'Look at `aws sts get-caller-identity`, and set AWS_PROFILE or sign in (aws sso login).',
    });
  }
  const { account } = target.settings;
  if (account !== undefined && account !== identity.account) {
    throw new InvalidInputError(
      `Stage ${target.stage} belongs to account ${account} (${target.settingsFile}); these credentials are ${identity.arn}`,
      { hint: 'Set AWS_PROFILE to one of that account.' },
    );
  }
  return identity;
}

/** What a person looks at before it begins. */
export function describeTarget(target: Target, identity: Identity | undefined): string {
  const { stage, region, settings, settingsFile } = target;
  const who = identity === undefined ? 'not known (no credentials)' : `${identity.account} (${identity.arn})`;
  const lines = Object.entries(settings).map(
    ([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [
    `Account  ${who}`,
    `Region   ${region}`,
    `Stage    ${stage} (stack graft-${stage})`,
    `Settings ${settingsFile}`,
    ...lines,
  ].join('\n');
}

/** A region of the person's own that is not used, so that nobody looks for the stack there. */
export function otherRegion(
  { region, settingsFile }: Target,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const own = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  if (own === undefined || own === '' || own === region) return undefined;
  return `AWS_REGION is ${own} here. ${settingsFile} says ${region}, which is used.`;
}
