import * as z from 'zod';
import type { ResourceType } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';
import type { LogGroups } from './log-groups.ts';

const GROUP_NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/;

const logGroupProperties = z.strictObject({
  LogGroupName: z.string().regex(GROUP_NAME).optional(),
  RetentionInDays: z.number().int().positive().optional(),
  // Taken without effect: nothing here is encrypted, tagged or delivered elsewhere.
  LogGroupClass: z.literal('STANDARD').optional(),
  KmsKeyId: z.string().optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
});

/** `AWS::Logs::LogGroup`. */
export function logGroupResource(groups: LogGroups): ResourceType {
  return {
    createOnly: ['LogGroupName'],
    put(logicalId, given, stack) {
      const properties = parseProperties(logGroupProperties, given, `AWS::Logs::LogGroup "${logicalId}"`);
      const name = properties.LogGroupName ?? stack.physicalName(logicalId);
      refuseTaken(stack, 'AWS::Logs::LogGroup', name, groups.has(name));
      groups.provide(name, properties.RetentionInDays);
      return { ref: name, attributes: { Arn: `${groups.arn(name)}:*` } };
    },
    remove({ physicalId }) {
      if (groups.has(physicalId)) groups.delete(physicalId);
    },
  };
}
