import type { BusEvent } from '../../../service.ts';
import type { ExecutionRecord } from './record.ts';
import { redriveOf } from './redrive.ts';

/** What EventBridge hears when an execution starts and when it ends. */
export function statusChange(record: ExecutionRecord): BusEvent {
  const { arn, name, machineArn, status, startDate, stopDate, input, output, error, cause } = record;
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [arn],
    detail: {
      executionArn: arn,
      stateMachineArn: machineArn,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      name,
      status,
      startDate,
      stopDate: stopDate ?? null,
      input,
      output: output ?? null,
      inputDetails: { included: true },
      outputDetails: output === undefined ? null : { included: true },
      error: error ?? null,
      cause: cause ?? null,
      ...redriveOf(record),
      redriveDate: null,
    },
  };
}
