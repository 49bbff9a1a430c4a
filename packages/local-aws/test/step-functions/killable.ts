import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import * as lambda from '@aws-sdk/client-lambda';
import type { ServiceFactory } from '../../src/service.ts';
import { createStepFunctions } from '../../src/services/step-functions/index.ts';
import { ANY_ROLE, type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { provisioned } from '../../src/testing/provisioned.ts';

/** Where the fake functions write that they were called, a line each. */
export const callsFile = (state: string) => join(state, 'calls.txt');

const invoke = (name: string, pattern: string, more: object) => ({
  Type: 'Task',
  Resource: `arn:aws:states:::lambda:invoke${pattern}`,
  Arguments: { FunctionName: name, Payload: '{% $states.context %}' },
  ...more,
});

/** A local AWS with one state machine, for a process that is going to be killed and for the one after it. */
export function startKillable(state: string): Promise<LocalAws> {
  const fakeLambda: ServiceFactory = () => ({
    signingName: 'lambda',
    protocol: 'rest-json',
    schemas: lambda,
    operations: {
      Invoke: ({ FunctionName: name }: lambda.InvocationRequest) => {
        appendFileSync(callsFile(state), `${name}\n`);
        return { StatusCode: 200, Payload: Buffer.from(JSON.stringify({ from: name })) };
      },
    },
  });
  const machine = {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: 'killed',
      RoleArn: ANY_ROLE,
      Definition: {
        QueryLanguage: 'JSONata',
        StartAt: 'First',
        States: {
          First: invoke('first', '', { Assign: { first: '{% $states.result.Payload.from %}' }, Next: 'Ask' }),
          Ask: invoke('ask', '.waitForTaskToken', { Next: 'Last' }),
          Last: invoke('last', '', {
            Output: "{% { 'first': $first, 'answer': $states.input, 'last': $states.result.Payload.from } %}",
            End: true,
          }),
        },
      },
    },
  };
  return startLocal({ state, services: [fakeLambda, provisioned(createStepFunctions, { Killed: machine })] });
}
