import * as sfn from '@aws-sdk/client-sfn';
import type { ServiceFactory } from '../../src/service.ts';
import { refuseTaken } from '../../src/template/taken.ts';

/** A service with one resource type, `AWS::Test::Thing`; records every call in order. */
export interface Things {
  create: ServiceFactory;
  /** By name. */
  there: Map<string, Record<string, unknown>>;
  done: string[];
}

/** `Name` and `Kind` cannot be changed; `Fail` refuses, `Stuck` cannot be removed. */
export function things(): Things {
  const there = new Map<string, Record<string, unknown>>();
  const done: string[] = [];
  return {
    there,
    done,
    create: () => ({
      signingName: 'things',
      protocol: 'json-1.0',
      schemas: sfn,
      operations: {},
      resources: {
        'AWS::Test::Thing': {
          createOnly: ['Name', 'Kind'],
          put(logicalId, properties, stack) {
            const name = (properties.Name as string | undefined) ?? stack.physicalName(logicalId, 30);
            refuseTaken(stack, 'AWS::Test::Thing', name, there.has(name));
            if (properties.Fail !== undefined) throw new Error(String(properties.Fail));
            done.push(`${stack.isNew ? 'make' : 'change'} ${logicalId}`);
            there.set(name, properties);
            return { ref: name, attributes: { Arn: `arn:thing:${name}` } };
          },
          remove({ logicalId, physicalId, properties }) {
            if (properties.Stuck === true) throw new Error('somebody sits on it');
            done.push(`remove ${logicalId}`);
            there.delete(physicalId);
          },
        },
      },
    }),
  };
}

/** A resource of that type. */
export const thing = (Properties: Record<string, unknown> = {}, others: Record<string, unknown> = {}) => ({
  Type: 'AWS::Test::Thing',
  Properties,
  ...others,
});
