import type { Identity } from '../identity.ts';
import type { Target } from './arguments.ts';

/** The lines that a person reads before the deployment begins. */
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

/** A line about a region in the environment that the deployment does not use. */
export function otherRegion(
  { region, settingsFile }: Target,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const own = environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION;
  if (own === undefined || own === '' || own === region) return undefined;
  return `AWS_REGION is ${own} here. ${settingsFile} says ${region}, which is used.`;
}
