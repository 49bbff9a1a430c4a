import { parse } from '#core/parse.ts';
import type { ResourceType, World } from '../../service.ts';
import type { CodeStore } from './code.ts';
import {
  aliasProperties,
  eventInvokeConfigProperties,
  functionProperties,
  permissionProperties,
  versionProperties,
} from './function-properties.ts';
import type { FunctionRegistry, PolicyStatement } from './functions.ts';
import { checkDestinations, checkExecutionRole } from './role-checks.ts';

/** What the packaged template may say about functions. */
export function lambdaResources(
  world: World,
  registry: FunctionRegistry,
  codeStore: CodeStore,
): Record<string, ResourceType> {
  return {
    'AWS::Lambda::Function': (logicalId, given, stack) => {
      const properties = parse(functionProperties, given, `AWS::Lambda::Function "${logicalId}"`);
      const name = properties.FunctionName ?? stack.physicalName(logicalId, 64);
      const arn = registry.arn(name);
      checkExecutionRole(world, arn, properties);
      registry.add({
        name,
        arn,
        properties,
        code: codeStore.open(name, properties.Code),
        lastModified: new Date(world.clock.now()).toISOString().replace('Z', '+0000'),
        qualifiers: new Map([['$LATEST', '$LATEST']]),
        policy: [],
        invokeConfigs: new Map(),
      });
      return { ref: name, attributes: { Arn: arn } };
    },

    'AWS::Lambda::Version': (logicalId, given) => {
      const properties = parse(versionProperties, given, `AWS::Lambda::Version "${logicalId}"`);
      const { definition } = registry.resolve(properties.FunctionName);
      const version = String(definition.qualifiers.size);
      definition.qualifiers.set(version, version);
      return {
        ref: `${definition.arn}:${version}`,
        attributes: { Version: version, FunctionArn: definition.arn },
      };
    },

    'AWS::Lambda::Alias': (logicalId, given) => {
      const properties = parse(aliasProperties, given, `AWS::Lambda::Alias "${logicalId}"`);
      const { definition, version } = registry.resolve(properties.FunctionName, properties.FunctionVersion);
      definition.qualifiers.set(properties.Name, version);
      const arn = `${definition.arn}:${properties.Name}`;
      return { ref: arn, attributes: { AliasArn: arn } };
    },

    'AWS::Lambda::Permission': (logicalId, given, stack) => {
      const properties = parse(permissionProperties, given, `AWS::Lambda::Permission "${logicalId}"`);
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
      definition.policy.push(statement);
      return { ref: statement.Sid };
    },

    'AWS::Lambda::EventInvokeConfig': (logicalId, given, stack) => {
      const properties = parse(
        eventInvokeConfigProperties,
        given,
        `AWS::Lambda::EventInvokeConfig "${logicalId}"`,
      );
      const { definition, qualifier } = registry.resolve(properties.FunctionName, properties.Qualifier);
      checkDestinations(world, definition.properties.Role, properties);
      definition.invokeConfigs.set(qualifier, properties);
      return { ref: stack.physicalName(logicalId) };
    },
  };
}

function principal(given: string): PolicyStatement['Principal'] {
  if (given === '*') return '*';
  return given.endsWith('.amazonaws.com') ? { Service: given } : { AWS: given };
}
