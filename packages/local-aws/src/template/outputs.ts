import { conditionHolds, resolve } from './intrinsics.ts';
import type { Scope } from './scope.ts';

export interface StackOutput {
  key: string;
  value: string;
  description?: string;
  exportName?: string;
}

/**
 * @param scope with everything provisioned
 * @param endpoint of the local AWS
 */
export function outputsOf(scope: Scope, endpoint: string): StackOutput[] {
  return Object.entries(scope.template.Outputs ?? {}).flatMap(([key, output]) => {
    if (output.Condition !== undefined && !conditionHolds(output.Condition, scope)) return [];
    const value = resolve(output.Value, scope, `the output "${key}"`);
    const exportName = output.Export && resolve(output.Export.Name, scope, `the export of "${key}"`);
    return {
      key,
      value: localAddress(String(value), endpoint),
      ...(output.Description === undefined ? {} : { description: output.Description }),
      ...(exportName === undefined ? {} : { exportName: String(exportName) }),
    };
  });
}

/** `https://<api>.execute-api.<region>.amazonaws.com/<stage>` has another address on this machine. */
function localAddress(value: string, endpoint: string): string {
  return value.replace(
    /^https:\/\/([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?=\/|$)/,
    `${endpoint}/_aws/execute-api/$1`,
  );
}
