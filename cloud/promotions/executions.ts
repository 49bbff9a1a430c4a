import { DescribeExecutionCommand, type DescribeExecutionOutput, type SFNClient } from '@aws-sdk/client-sfn';
import { executionInputSchema, type PromotionInput, type RollbackInput } from '#core/contracts/promotion.ts';
import { isMissing } from '../aws/failures.ts';

/** Undefined where there is none: Step Functions keeps executions for 90 days. */
export async function findExecution(
  sfn: SFNClient,
  executionArn: string,
): Promise<DescribeExecutionOutput | undefined> {
  try {
    return await sfn.send(new DescribeExecutionCommand({ executionArn }));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Undefined where an execution was started with something that is no promotion. */
export function inputOf({
  input,
}: Pick<DescribeExecutionOutput, 'input'>): PromotionInput | RollbackInput | undefined {
  try {
    return executionInputSchema.safeParse(JSON.parse(input ?? '')).data;
  } catch {
    return undefined;
  }
}
