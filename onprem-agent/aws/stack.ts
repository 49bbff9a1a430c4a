import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { isMissing } from '#cloud/aws/failures.ts';
import { NotFoundError } from '#core/errors.ts';
import { explained } from './explain.ts';

/** Names of the stack's outputs (`infrastructure/`). */
export type OutputName =
  | 'ModelsBucket'
  | 'DataBucket'
  | 'ArtifactsBucket'
  | 'ApiUrl'
  | 'StateMachineArn'
  | 'SigningPublicKeys'
  | 'RevokedSigningKeys';
export type StackOutputs = Partial<Record<OutputName, string>>;

const remedy = (instead: string) =>
  `Deploy it (\`npm run deploy\`), name another with --stack, or give ${instead}.`;

/**
 * The outputs of a CloudFormation stack.
 *
 * @param instead the option that makes the stack unnecessary, for instance `--bucket`
 * @throws NotFoundError when there is no such stack
 */
export async function stackOutputs(
  client: CloudFormationClient,
  stack: string,
  instead: string,
): Promise<StackOutputs> {
  const description = await explained(`look up stack ${stack}`, async () => {
    try {
      const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
      return await client.send(new DescribeStacksCommand({ StackName: stack }));
    } catch (cause) {
      if (!isMissing(cause)) throw cause;
      throw new NotFoundError(`There is no CloudFormation stack "${stack}" in this account and region`, {
        cause,
        hint: remedy(instead),
      });
    }
  });
  const outputs = description.Stacks?.[0]?.Outputs ?? [];
  return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}

/** One output of a CloudFormation stack.
 *
 * @throws NotFoundError when there is no such stack or it has no such output
 */
export async function stackOutput(
  client: CloudFormationClient,
  stack: string,
  output: OutputName,
  instead: string,
): Promise<string> {
  const outputs = await stackOutputs(client, stack, instead);
  return requireOutput(outputs, stack, output, instead);
}

/** @throws NotFoundError when it is not there */
export function requireOutput(
  outputs: StackOutputs,
  stack: string,
  output: OutputName,
  instead: string,
): string {
  const value = outputs[output];
  if (value === undefined) {
    throw new NotFoundError(`Stack "${stack}" has no output ${output}`, { hint: remedy(instead) });
  }
  return value;
}
