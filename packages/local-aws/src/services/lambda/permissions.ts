import { arnOf, type Permissions, type Place } from '../../operation-permissions.ts';

const RENAMED: Record<string, string> = {
  Invoke: 'InvokeFunction',
  InvokeWithResponseStream: 'InvokeFunction',
  InvokeAsync: 'InvokeFunction',
};

/** What Lambda's operations need. */
export const permissions: Permissions = (operation, input, place) => [
  {
    action: `lambda:${RENAMED[operation] ?? operation}`,
    resource:
      operation === 'ListFunctions' ? '*' : functionArn(input.FunctionName ?? '*', input.Qualifier, place),
  },
];

/** @param name the function's name, its ARN, or `<account>:function:<name>` */
function functionArn(name: string, version: string | undefined, place: Place): string {
  const qualifier = version === undefined ? '' : `:${version}`;
  if (name.startsWith('arn:')) return `${name}${qualifier}`;
  return `${arnOf('lambda', place, `function:${name.replace(/^\d+:function:/, '')}`)}${qualifier}`;
}
