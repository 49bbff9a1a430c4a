import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { ArgsDef } from 'citty';
import { parse } from '#core/parse.ts';
import { publicKeysOf } from '#core/signature.ts';
import { revokedKeysSchema, type SigningTrust } from '#core/signing-trust.ts';
import { UsageError } from '../cli/errors.ts';
import { requireOutput, type StackOutputs, stackOutputs } from './stack.ts';

/** A bucket to push to, and what is known about the stack behind it. */
export interface Deployment {
  bucket: string;
  /**
   * Undefined if only a bucket was named: then it is unknown whether an arrival starts a promotion.
   */
  stack:
    | {
        name: string;
        /** Undefined if the stack has no state machine. */
        stateMachineArn: string | undefined;
        /** Which signatures the stack accepts; undefined if the stack does not say. */
        trust: SigningTrust | undefined;
      }
    | undefined;
}

export const DEFAULT_STACK = 'graft-dev';

/**
 * Options that say where to push. The stack has no default here: with a bucket it is not needed.
 */
export const deploymentArgs = {
  bucket: { type: 'string', valueHint: 'NAME', description: 'Bucket, instead of asking the stack' },
  stack: {
    type: 'string',
    valueHint: 'NAME',
    description: `CloudFormation stack that is pushed to (Default: ${DEFAULT_STACK}, unless there is --bucket)`,
  },
} as const satisfies ArgsDef;

/**
 * Reads the stack's outputs, unless only a bucket is named.
 *
 * @throws NotFoundError when there is no such stack or it has no such bucket
 * @throws UsageError when the named bucket is not the stack's
 */
export async function findDeployment(
  client: CloudFormationClient,
  { bucket, stack }: { bucket: string | undefined; stack: string | undefined },
  of: 'ModelsBucket' | 'DataBucket',
): Promise<Deployment> {
  if (bucket !== undefined && stack === undefined) return { bucket, stack: undefined };
  const name = stack ?? DEFAULT_STACK;
  const outputs = await stackOutputs(client, name, '--bucket');
  const own = requireOutput(outputs, name, of, '--bucket');
  if (bucket !== undefined && bucket !== own) {
    const what = of === 'ModelsBucket' ? 'models' : 'data';
    throw new UsageError(
      `Bucket "${bucket}" is not the ${what} bucket of stack "${name}", so nothing there would hear of it`,
      `Leave --bucket out: the stack's is "${own}".`,
    );
  }
  return {
    bucket: own,
    stack: {
      name,
      stateMachineArn: outputs.StateMachineArn,
      trust: trustOf(outputs),
    },
  };
}

/** @returns undefined if the stack does not say which keys it trusts */
export function trustOf(outputs: StackOutputs): SigningTrust | undefined {
  if (outputs.SigningPublicKeys === undefined) return undefined;
  const list = (text: string) => text.replace(/^Ed25519:/, '');
  return {
    publicKeys: publicKeysOf(list(outputs.SigningPublicKeys)),
    revokedKeys: parse(
      revokedKeysSchema,
      list(outputs.RevokedSigningKeys ?? ''),
      "The stack's output RevokedSigningKeys",
    ),
  };
}

/**
 * The state machine whose executions `--follow` follows.
 *
 * @throws UsageError when it is unknown
 */
export function requireStateMachine({ stack }: Deployment): string {
  if (stack?.stateMachineArn !== undefined) return stack.stateMachineArn;
  throw stack === undefined
    ? new UsageError(
        '--follow needs the stack',
        'Name it with --stack: a bucket says nothing about who promotes.',
      )
    : new UsageError(`Stack "${stack.name}" has no output StateMachineArn, so there is nothing to wait for`);
}

/** A sentence about what the push starts, as far as it is known. */
export function nextStep({ bucket, stack }: Deployment, promotes: string): string {
  if (stack === undefined) {
    return `Bucket "${bucket}" was not checked: whether anything promotes what arrives there is not known (--stack looks that up).`;
  }
  return stack.stateMachineArn === undefined
    ? `Stack "${stack.name}" has no state machine, so nothing promotes it.`
    : `S3 tells stack "${stack.name}", which ${promotes}.`;
}
