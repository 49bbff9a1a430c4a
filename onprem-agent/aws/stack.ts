import { type CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { NotFoundError } from '#core/errors.ts';
import { explained } from './explain.ts';

/**
 * One output of a CloudFormation stack.
 *
 * @param instead the option that makes this unnecessary, for instance `--bucket`
 * @throws NotFoundError when there is no such stack or it has no such output
 */
export async function stackOutput(
  client: CloudFormationClient,
  stack: string,
  output: 'ModelsBucket' | 'DataBucket' | 'ArtifactsBucket' | 'ApiUrl' | 'StateMachineArn',
  instead: string,
): Promise<string> {
  const hint = `Deploy it (\`npm run deploy\`), name another with --stack, or give ${instead}.`;
  const description = await explained(`look up stack ${stack}`, async () => {
    try {
      return await client.send(new DescribeStacksCommand({ StackName: stack }));
    } catch (cause) {
      if (!isNoSuchStack(cause)) throw cause;
      throw new NotFoundError(`There is no CloudFormation stack "${stack}" in this account and region`, {
        cause,
        hint,
      });
    }
  });
  const outputs = description.Stacks?.[0]?.Outputs ?? [];
  const value = outputs.find(({ OutputKey }) => OutputKey === output)?.OutputValue;
  if (value === undefined) throw new NotFoundError(`Stack "${stack}" has no output ${output}`, { hint });
  return value;
}

/** CloudFormation says it with a general ValidationError. */
const isNoSuchStack = (error: unknown) =>
  error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message);
