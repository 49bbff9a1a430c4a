import * as z from 'zod';
import type { ResourceType } from '../../service.ts';
import { parseProperties } from '../../template/properties.ts';
import { refuseTaken } from '../../template/taken.ts';
import type { S3Context } from './context.ts';
import { assertBucketName } from './operations/buckets.ts';

/** Settings that CloudFormation takes and that change nothing here (docs/fidelity.md). */
const inert = z.unknown().optional();

const bucketSchema = z.strictObject({
  BucketName: z.string().optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  NotificationConfiguration: z
    .strictObject({
      EventBridgeConfiguration: z.strictObject({ EventBridgeEnabled: z.boolean().optional() }).optional(),
    })
    .optional(),
  BucketEncryption: inert,
  PublicAccessBlockConfiguration: inert,
  OwnershipControls: inert,
  LifecycleConfiguration: inert,
  IntelligentTieringConfigurations: inert,
  LoggingConfiguration: inert,
  Tags: inert,
});

/** Creates the bucket, or brings its settings up to date; its objects stay. */
export function bucketResource({ store, world }: S3Context): ResourceType {
  return {
    createOnly: ['BucketName'],
    put(logicalId, properties, stack) {
      const parsed = parseProperties(bucketSchema, properties, `AWS::S3::Bucket ${logicalId}`);
      const name = parsed.BucketName ?? stack.physicalName(logicalId, 63).toLowerCase();
      assertBucketName(name);
      const known = store.hasBucket(name) ? store.bucket(name).record : undefined;
      refuseTaken(stack, 'AWS::S3::Bucket', name, known !== undefined);
      const bridge = parsed.NotificationConfiguration?.EventBridgeConfiguration;
      store.putBucket({
        name,
        created: known?.created ?? world.clock.now(),
        // As in S3, versioning that was on can only be suspended.
        versioning:
          parsed.VersioningConfiguration?.Status ??
          (known && known.versioning !== 'Off' ? 'Suspended' : 'Off'),
        eventBridge: bridge !== undefined && bridge.EventBridgeEnabled !== false,
      });
      return {
        ref: name,
        attributes: {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${world.region}.amazonaws.com`,
          DualStackDomainName: `${name}.s3.dualstack.${world.region}.amazonaws.com`,
        },
      };
    },
    async remove({ physicalId }) {
      if (store.hasBucket(physicalId)) await world.call('s3', 'DeleteBucket', { Bucket: physicalId });
    },
  };
}

const policySchema = z.strictObject({
  Bucket: z.string(),
  PolicyDocument: z.record(z.string(), z.unknown()),
});

/** Taken and not enforced: its usual rule, TLS only, could not hold on a local http port. */
export function bucketPolicyResource({ store }: S3Context): ResourceType {
  return {
    createOnly: ['Bucket'],
    put(logicalId, properties) {
      const { Bucket } = parseProperties(policySchema, properties, `AWS::S3::BucketPolicy ${logicalId}`);
      store.bucket(Bucket);
      return { ref: Bucket };
    },
    remove() {},
  };
}
