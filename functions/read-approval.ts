import * as z from 'zod';
import { type ApprovalAnswer, approvalAnswerSchema } from '#core/contracts/approval.ts';
import { lambda } from './middleware/lambda.ts';

const inputSchema = z.strictObject({ answer: z.unknown() });

/** Reads a person's answer, which may have been sent without `graft`; an empty object when it is none. */
export function createReadApproval() {
  return async function readApproval({
    answer,
  }: z.output<typeof inputSchema>): Promise<ApprovalAnswer | Record<string, never>> {
    return approvalAnswerSchema.safeParse(answer).data ?? {};
  };
}

export const handler = lambda('ReadApproval', inputSchema, createReadApproval);
