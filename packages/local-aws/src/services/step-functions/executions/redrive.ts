import type { ExecutionRedriveStatus } from '@aws-sdk/client-sfn';
import type { ExecutionRecord } from './record.ts';

/** Redriving is not emulated, and every execution says so where AWS would say whether it can be redriven. */
export function redriveOf({ status }: ExecutionRecord): {
  redriveCount: number;
  redriveStatus: ExecutionRedriveStatus;
  redriveStatusReason: string;
} {
  const settled = status === 'SUCCEEDED' || status === 'RUNNING';
  return {
    redriveCount: 0,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: settled
      ? `Execution is ${status} and cannot be redriven`
      : 'RedriveExecution is not supported by the local Step Functions',
  };
}
