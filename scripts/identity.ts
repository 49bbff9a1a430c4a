import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { InvalidInputError } from '#core/errors.ts';

/** The account and the caller of the credentials. */
export interface Identity {
  account: string;
  arn: string;
}

/** @throws InvalidInputError when AWS does not answer, or the stage belongs to another `account` */
export async function findIdentity(stage: {
  stage: string;
  region: string;
  account?: string | undefined;
}): Promise<Identity> {
  const sts = new STSClient({ region: stage.region });
  let identity: Identity;
  try {
    const { Account, Arn } = await sts.send(new GetCallerIdentityCommand({}));
    identity = { account: Account ?? '', arn: Arn ?? '' };
  } catch (cause) {
    throw new InvalidInputError('AWS does not say whose credentials these are', {
      cause,
      hint: 'Look at `aws sts get-caller-identity`, and set AWS_PROFILE or sign in (aws sso login).',
    });
  }
  if (stage.account !== undefined && stage.account !== identity.account) {
    throw new InvalidInputError(
      `Stage ${stage.stage} belongs to account ${stage.account}; these credentials are ${identity.arn}`,
      { hint: 'Set AWS_PROFILE to one of that account.' },
    );
  }
  return identity;
}
