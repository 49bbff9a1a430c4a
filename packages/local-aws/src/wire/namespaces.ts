import type { Service } from '../service.ts';

/** XML namespaces, which the SDK's schemas leave out; clients ignore them, other readers may not. */
const NAMESPACES: Record<string, string> = {
  s3: 'http://s3.amazonaws.com/doc/2006-03-01/',
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
  sns: 'http://sns.amazonaws.com/doc/2010-03-31/',
  cloudformation: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  monitoring: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
};

export function namespaceOf(service: Pick<Service, 'signingName'>): string {
  return NAMESPACES[service.signingName] ?? `https://${service.signingName}.amazonaws.com/doc/`;
}
