import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { InvalidInputError } from '../../errors.ts';
import type { ResourceType, World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';
import { refuseLargePolicies, refuseLargeTrust } from './limits.ts';
import { managedPolicy } from './managed-policies.ts';
import { parsePolicy, type Statement } from './policy.ts';
import { parseTrust, type Trust } from './trust-policy.ts';

/** A role with its policies, by the name of each policy. */
export interface Role {
  name: string;
  arn: string;
  id: string;
  /** Who may act as the role. */
  trusted: Trust[];
  policies: Record<string, Statement[]>;
  /** Longest session in seconds; an hour where nothing is set. */
  maxSessionSeconds?: number;
}

const collections = new WeakMap<World, Collection<Role>>();

/** The roles of one local AWS, by name. */
export function rolesOf(world: World): Collection<Role> {
  let roles = collections.get(world);
  if (roles === undefined) {
    roles = new Collection(join(world.folder('iam'), 'roles'));
    collections.set(world, roles);
  }
  return roles;
}

/** A policy of its own, which roles have in addition to theirs. */
interface AttachedPolicy {
  roles: string[];
  statements: Statement[];
}

const attachments = new WeakMap<World, Collection<AttachedPolicy>>();

function attachedTo(world: World): Collection<AttachedPolicy> {
  let policies = attachments.get(world);
  if (policies === undefined) {
    policies = new Collection(join(world.folder('iam'), 'policies'));
    attachments.set(world, policies);
  }
  return policies;
}

/** The role with everything that counts for it: its own policies, and those that are attached to it. */
export function withAttached(world: World, role: Role): Role {
  const attached = attachedTo(world)
    .list()
    .filter(({ value }) => value.roles.includes(role.name))
    .map(({ key, value }) => [key, value.statements] as const);
  return { ...role, policies: { ...role.policies, ...Object.fromEntries(attached) } };
}

/** @returns undefined when no role has that ARN */
export function findRole(world: World, arn: string): Role | undefined {
  const role = rolesOf(world).get(arn.slice(arn.lastIndexOf('/') + 1));
  return role?.arn === arn ? role : undefined;
}

const policies = z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: z.unknown() }));

const roleSchema = z.strictObject({
  RoleName: z.string().max(64).optional(),
  Path: z.string().default('/'),
  Description: z.string().optional(),
  AssumeRolePolicyDocument: z.unknown(),
  MaxSessionDuration: z.coerce.number().int().min(3600).max(43_200).optional(),
  ManagedPolicyArns: z.array(z.string()).default([]),
  Policies: policies.default([]),
  Tags: z.unknown().optional(),
});

const policySchema = z.strictObject({
  PolicyName: z.string(),
  PolicyDocument: z.unknown(),
  Roles: z.array(z.string()).min(1),
});

/** `AWS::IAM::Role` with its inline and managed policies. */
export function roleResource(world: World): ResourceType {
  return {
    createOnly: ['RoleName', 'Path'],
    put(logicalId, properties, stack) {
      const where = `role "${logicalId}"`;
      const parsed = parseProperties(roleSchema, properties, where);
      const name = parsed.RoleName ?? stack.physicalName(logicalId, 64);
      refuseTaken(stack, 'AWS::IAM::Role', name, rolesOf(world).has(name));
      const arn = `arn:aws:iam::${world.accountId}:role${parsed.Path}${name}`;
      const id = `AROA${createHash('sha256').update(arn).digest('hex').slice(0, 17).toUpperCase()}`;
      const statements: Role['policies'] = {};
      for (const managed of parsed.ManagedPolicyArns) statements[managed] = managedPolicy(managed, where);
      for (const { PolicyName, PolicyDocument } of parsed.Policies) {
        statements[PolicyName] = parsePolicy(PolicyDocument, `policy "${PolicyName}" of ${where}`);
      }
      const trusted = parseTrust(parsed.AssumeRolePolicyDocument, where);
      refuseLargeTrust(parsed.AssumeRolePolicyDocument);
      const role: Role = {
        name,
        arn,
        id,
        trusted,
        policies: statements,
        ...(parsed.MaxSessionDuration === undefined ? {} : { maxSessionSeconds: parsed.MaxSessionDuration }),
      };
      refuseLargePolicies(withAttached(world, role));
      rolesOf(world).put(name, role);
      return { ref: name, attributes: { Arn: arn, RoleId: id } };
    },
    remove: ({ physicalId }) => void rolesOf(world).delete(physicalId),
  };
}

/** `AWS::IAM::Policy`: an inline policy of its own, attached to roles of the template. */
export function policyResource(world: World): ResourceType {
  return {
    put(logicalId, properties, stack) {
      const where = `policy "${logicalId}"`;
      const { PolicyName, PolicyDocument, Roles } = parseProperties(policySchema, properties, where);
      const statements = parsePolicy(PolicyDocument, where);
      const id = stack.physicalName(logicalId, 128);
      for (const name of Roles) {
        const role = rolesOf(world).get(name);
        if (role === undefined)
          throw new InvalidInputError(`${where} names the role ${name}, which is not there`);
        const { policies } = withAttached(world, role);
        refuseLargePolicies({ ...role, policies: { ...policies, [id]: statements } });
      }
      attachedTo(world).put(id, { roles: Roles, statements });
      return { ref: id, attributes: { Id: PolicyName } };
    },
    remove: ({ physicalId }) => void attachedTo(world).delete(physicalId),
  };
}
