import * as lambdaSchemas from '@aws-sdk/client-lambda';
import type { ServiceFactory } from 'local-aws';
import type { FunctionName } from './functions.ts';

/**
 * Lambda, reduced to calling functions in this process.
 *
 * @param call what runs a function; its rejection is what the function's error report says
 */
export function createInProcessLambda(
  call: (name: FunctionName, event: unknown) => Promise<unknown>,
): ServiceFactory {
  return () => ({
    signingName: 'lambda',
    protocol: 'rest-json',
    schemas: lambdaSchemas,
    operations: {
      async Invoke({ FunctionName, Payload }: { FunctionName: string; Payload: Uint8Array }) {
        const name = FunctionName.split(':').at(-1) as FunctionName;
        try {
          const result = await call(name, JSON.parse(Buffer.from(Payload).toString()));
          return { StatusCode: 200, Payload: Buffer.from(JSON.stringify(result ?? null)) };
        } catch (error) {
          const { name: errorType, message: errorMessage } = error as Error;
          const report = JSON.stringify({ errorType, errorMessage, trace: [] });
          return { StatusCode: 200, FunctionError: 'Unhandled', Payload: Buffer.from(report) };
        }
      },
    },
  });
}
