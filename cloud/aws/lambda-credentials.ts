import { InvalidInputError } from '#core/errors.ts';

/** What the SDK's clients ask for credentials. */
type CredentialProvider = () => Promise<{
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}>;

/**
 * Takes the place of the SDK's `@aws-sdk/credential-provider-node` in the functions' bundles
 * (`infrastructure/bundles.cjs`). Lambda puts the credentials of a function's role into its environment, so
 * all the other places where the SDK would look are a sixth of a bundle that nothing reads.
 *
 * @throws InvalidInputError where they are not set, which Lambda never leaves out
 */
export const defaultProvider = (): CredentialProvider => async () => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new InvalidInputError('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set', {
      hint: 'Lambda sets them; a bundle of a function looks for credentials nowhere else.',
    });
  }
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  };
};
