import { ServiceError } from '../../service.ts';

/** @throws ServiceError `InvalidArn` for what is no ARN of Step Functions of this kind */
export function checkArn(arn: string, kind: 'stateMachine' | 'execution'): void {
  if (!arn.startsWith('arn:'))
    throw new ServiceError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  const [, , service, , , type] = arn.split(':');
  if (service === 'states' && type === kind) return;
  throw new ServiceError(
    'InvalidArn',
    `Invalid Arn: 'Resource type not valid in this context: ${type ?? ''}'`,
  );
}

/** 1 to 80 characters, without white space, brackets, wildcards, control characters and `"#%\^|~`$&,;:/`. */
export function checkName(name: string): void {
  const length = [...name].length;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/;
  if (length >= 1 && length <= 80 && !forbidden.test(name)) return;
  throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
}
