import type { FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { FunctionDefinition } from './functions.ts';

/** As `GetFunctionConfiguration` shows a version of a function. */
export function functionConfiguration(
  definition: FunctionDefinition,
  version: string,
  functionArn: string,
): FunctionConfiguration {
  const { name, properties, code, lastModified } = definition;
  return {
    FunctionName: name,
    FunctionArn: functionArn,
    Runtime: properties.Runtime,
    Role: properties.Role,
    Handler: properties.Handler,
    CodeSize: code.size,
    CodeSha256: code.sha256,
    Description: properties.Description ?? '',
    Timeout: properties.Timeout,
    MemorySize: properties.MemorySize,
    LastModified: lastModified,
    Version: version,
    TracingConfig: { Mode: properties.TracingConfig?.Mode ?? 'PassThrough' },
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: properties.Architectures,
    EphemeralStorage: { Size: properties.EphemeralStorage?.Size ?? 512 },
    LoggingConfig: {
      LogFormat: properties.LoggingConfig?.LogFormat ?? 'Text',
      LogGroup: properties.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
    },
    ...(properties.Environment === undefined ? {} : { Environment: properties.Environment }),
    ...(properties.DeadLetterConfig === undefined
      ? {}
      : { DeadLetterConfig: present(properties.DeadLetterConfig) }),
  };
}

function present({ TargetArn }: { TargetArn?: string | undefined }): { TargetArn?: string } {
  return TargetArn === undefined ? {} : { TargetArn };
}
