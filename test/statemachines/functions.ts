import type { Context } from 'aws-lambda';

/** Functions by state, wrapped as they are deployed. */
const functions = {
  StartPromotion: () => import('../../functions/start-promotion.ts'),
  VerifyModel: () => import('../../functions/verify-model.ts'),
  PrepareDomain: () => import('../../functions/prepare-domain.ts'),
  StartFineTuning: () => import('../../functions/start-fine-tuning.ts'),
  StartBaseline: () => import('../../functions/start-baseline.ts'),
  FindTraining: () => import('../../functions/find-training.ts'),
  EvaluateGate: () => import('../../functions/evaluate-gate.ts'),
  AwaitApproval: () => import('../../functions/await-approval.ts'),
  ReadApproval: () => import('../../functions/read-approval.ts'),
  DeployEndpoint: () => import('../../functions/deploy-endpoint.ts'),
  ConfirmEndpoint: () => import('../../functions/confirm-endpoint.ts'),
  RestoreEndpoint: () => import('../../functions/restore-endpoint.ts'),
  RollBackEndpoint: () => import('../../functions/roll-back-endpoint.ts'),
  FinishDomain: () => import('../../functions/finish-domain.ts'),
  RegisterModel: () => import('../../functions/register-model.ts'),
  WriteReport: () => import('../../functions/write-report.ts'),
  FinishPromotion: () => import('../../functions/finish-promotion.ts'),
  ResumePromotion: () => import('../../functions/resume-promotion.ts'),
};
export type FunctionName = keyof typeof functions;
export const functionNames = Object.keys(functions) as FunctionName[];

/** Calls a function in this process, as Lambda would. */
export async function callFunction(name: FunctionName, event: unknown): Promise<unknown> {
  const { handler } = (await functions[name]()) as unknown as {
    handler: (event: unknown, context: Context) => unknown;
  };
  return handler(event, {} as Context);
}
