import { z } from 'zod';
import { parse } from '#core/parse.ts';
import type { ResourceType } from '../../service.ts';
import { assertBucketName } from './operations/buckets.ts';
import type { S3Context } from './s3-context.ts';

/** Settings that CloudFormation takes and that change nothing here (docs/fidelity.md). */
const inert = z.unknown().optional();

const bucketSchema = z.strictObject({
  BucketName: z.string().optional(),
  VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
  NotificationConfiguration: z
    .strictObject({
      EventBridgeConfiguration: z
        .strictObject({ EventBridgeEnabled: z.coerce.string().optional() })
        .optional(),
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
  return (logicalId, properties, stack) => {
    const parsed = parse(bucketSchema, properties, `AWS::S3::Bucket ${logicalId}`);
    const name = parsed.BucketName ?? stack.physicalName(logicalId, 63).toLowerCase();
    assertBucketName(name);
    const bridge = parsed.NotificationConfiguration?.EventBridgeConfiguration;
    const known = store.hasBucket(name) ? store.bucket(name).record : undefined;
    store.putBucket({
      name,
      created: known?.created ?? world.clock.now(),
      // As in S3, versioning that was on can only be suspended.
      versioning:
        parsed.VersioningConfiguration?.Status ?? (known && known.versioning !== 'Off' ? 'Suspended' : 'Off'),
      eventBridge: bridge !== undefined && bridge.EventBridgeEnabled !== 'false',
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
  };
}

const policySchema = z.strictObject({
  Bucket: z.string(),
  PolicyDocument: z.record(z.string(), z.unknown()),
});

/** Taken and not enforced: its usual rule, TLS only, could not hold on a local http port. */
export function bucketPolicyResource({ store }: S3Context): ResourceType {
  return (logicalId, properties) => {
    const { Bucket } = parse(policySchema, properties, `AWS::S3::BucketPolicy ${logicalId}`);
    store.bucket(Bucket);
    return { ref: Bucket };
  };
}
