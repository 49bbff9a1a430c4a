import type { ExecutionStatus } from '@aws-sdk/client-sfn';

/** One execution as it is kept on disk, beside its journal. Times in milliseconds since 1970. */
export interface ExecutionRecord {
  readonly arn: string;
  readonly name: string;
  readonly machineArn: string;
  readonly machineName: string;
  /** Which revision of the state machine runs: a later deployment does not change it. */
  readonly revision: string;
  /** JSON text as given. */
  readonly input: string;
  readonly traceHeader?: string;
  readonly startDate: number;
  status: ExecutionStatus;
  stopDate?: number;
  /** JSON text. */
  output?: string;
  error?: string;
  cause?: string;
}

/** How an execution ended. */
export interface Ending {
  status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  /** JSON text. */
  output?: string;
  error?: string;
  cause?: string;
}
