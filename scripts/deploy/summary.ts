import type { Identity } from '../identity.ts';
import type { Target } from './arguments.ts';

/** What a person looks at before it begins. */
export function describeTarget(target: Target, identity: Identity | undefined): string {
  const { stage, region, settings, settingsFile } = target;
  const who = identity === undefined ? 'not known (no credentials)' : `${identity.account} (${identity.arn})`;
  const lines = Object.entries(settings).map(
    ([name, value]) => `  ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [
    `Account  ${who}`,
    `Region   ${region}`,
    `Stage    ${stage} (stack graft-${stage})`,
    `Settings ${settingsFile}`,
    ...lines,
  ].join('\n');
}

/** A region of the person's own that is not used, so that nobody looks for the stack there. */
export function otherRegion(
  { region, settingsFile }: Target,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const own = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  if (own === undefined || own === '' || own === region) return undefined;
  return `AWS_REGION is ${own} here. ${settingsFile} says ${region}, which is used.`;
}
