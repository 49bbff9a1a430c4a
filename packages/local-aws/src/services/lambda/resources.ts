import type { ResourceType } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';
import type { LambdaContext } from './context.ts';
import {
  aliasProperties,
  eventInvokeConfigProperties,
  functionProperties,
  permissionProperties,
  versionProperties,
} from './function-properties.ts';
import type { FunctionDefinition, FunctionRegistry, PolicyStatement } from './functions.ts';
import { checkDestinations, checkExecutionRole } from './role-checks.ts';

/** What a template may say about functions. */
export function lambdaResources(parts: LambdaContext): Record<string, ResourceType> {
  const { registry, world } = parts;
  return {
    'AWS::Lambda::Function': functionResource(parts),

    'AWS::Lambda::Version': {
      createOnly: ['FunctionName', 'Description', 'CodeSha256'],
      put(logicalId, given, stack) {
        const properties = parseProperties(versionProperties, given, `AWS::Lambda::Version "${logicalId}"`);
        const { definition } = registry.resolve(properties.FunctionName);
        const version = stack.physicalId?.split(':').at(-1) ?? nextVersion(definition);
        definition.qualifiers.set(version, version);
        return {
          ref: `${definition.arn}:${version}`,
          attributes: { Version: version, FunctionArn: definition.arn },
        };
      },
      remove: ({ physicalId }) => removeQualifier(registry, physicalId),
    },

    'AWS::Lambda::Alias': {
      createOnly: ['FunctionName', 'Name'],
      put(logicalId, given) {
        const properties = parseProperties(aliasProperties, given, `AWS::Lambda::Alias "${logicalId}"`);
        const { definition, version } = registry.resolve(properties.FunctionName, properties.FunctionVersion);
        definition.qualifiers.set(properties.Name, version);
        const arn = `${definition.arn}:${properties.Name}`;
        return { ref: arn, attributes: { AliasArn: arn } };
      },
      remove: ({ physicalId }) => removeQualifier(registry, physicalId),
    },

    'AWS::Lambda::Permission': permissionResource(registry),

    'AWS::Lambda::EventInvokeConfig': {
      createOnly: ['FunctionName', 'Qualifier'],
      put(logicalId, given, stack) {
        const properties = parseProperties(
          eventInvokeConfigProperties,
          given,
          `AWS::Lambda::EventInvokeConfig "${logicalId}"`,
        );
        const { definition, qualifier } = registry.resolve(properties.FunctionName, properties.Qualifier);
        checkDestinations(world, definition.properties.Role, properties);
        definition.invokeConfigs.set(qualifier, properties);
        return { ref: stack.physicalName(logicalId) };
      },
      remove({ properties: { FunctionName, Qualifier } }) {
        registry.found(FunctionName)?.invokeConfigs.delete(Qualifier);
      },
    },
  };
}

function functionResource({ world, registry, codeStore, pools }: LambdaContext): ResourceType {
  return {
    createOnly: ['FunctionName'],
    async put(logicalId, given, stack) {
      const properties = parseProperties(functionProperties, given, `AWS::Lambda::Function "${logicalId}"`);
      const name = properties.FunctionName ?? stack.physicalName(logicalId, 64);
      refuseTaken(stack, 'AWS::Lambda::Function', name, registry.find(name) !== undefined);
      const arn = registry.arn(name);
      checkExecutionRole(world, arn, properties);
      const code = await codeStore.open(name, properties.Code, stack.folder);
      const lastModified = new Date(world.clock.now()).toISOString().replace('Z', '+0000');
      registry.put({ name, arn, properties, code, lastModified });
      pools.retire(name);
      return { ref: name, attributes: { Arn: arn } };
    },
    remove({ physicalId }) {
      registry.delete(physicalId);
      pools.retire(physicalId);
      codeStore.forget(physicalId);
    },
  };
}

/** A permission is one statement of the function's resource policy. */
function permissionResource(registry: FunctionRegistry): ResourceType {
  return {
    createOnly: ['FunctionName', 'Action', 'Principal', 'SourceArn', 'SourceAccount'],
    put(logicalId, given, stack) {
      const properties = parseProperties(
        permissionProperties,
        given,
        `AWS::Lambda::Permission "${logicalId}"`,
      );
      const { definition, invokedArn } = registry.resolve(properties.FunctionName);
      const condition = {
        ...(properties.SourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': properties.SourceArn } }),
        ...(properties.SourceAccount === undefined
          ? {}
          : { StringEquals: { 'AWS:SourceAccount': properties.SourceAccount } }),
      };
      const statement: PolicyStatement = {
        Sid: stack.physicalName(logicalId),
        Effect: 'Allow',
        Principal: principal(properties.Principal),
        Action: properties.Action,
        Resource: invokedArn,
        ...(Object.keys(condition).length === 0 ? {} : { Condition: condition }),
      };
      definition.policy = [...definition.policy.filter(({ Sid }) => Sid !== statement.Sid), statement];
      return { ref: statement.Sid };
    },
    remove({ physicalId, properties }) {
      const definition = registry.found(properties.FunctionName);
      if (definition !== undefined) {
        definition.policy = definition.policy.filter(({ Sid }) => Sid !== physicalId);
      }
    },
  };
}

function nextVersion({ qualifiers }: FunctionDefinition): string {
  return String(1 + Math.max(0, ...[...qualifiers.keys()].filter((key) => /^\d+$/.test(key)).map(Number)));
}

/** @param arn of a version or an alias */
function removeQualifier(registry: FunctionRegistry, arn: string): void {
  registry.found(arn)?.qualifiers.delete(arn.slice(arn.lastIndexOf(':') + 1));
}

function principal(given: string): PolicyStatement['Principal'] {
  if (given === '*') return '*';
  return given.endsWith('.amazonaws.com') ? { Service: given } : { AWS: given };
}
