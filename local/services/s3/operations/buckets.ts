import type {
  CreateBucketCommandInput,
  DeleteBucketCommandInput,
  GetBucketLocationCommandOutput,
  GetBucketNotificationConfigurationCommandOutput,
  GetBucketVersioningCommandOutput,
  HeadBucketCommandInput,
  ListBucketsCommandInput,
  ListBucketsCommandOutput,
  PutBucketNotificationConfigurationCommandInput,
  PutBucketVersioningCommandInput,
} from '@aws-sdk/client-s3';
import type { RequestContext } from '../../../service.ts';
import { ServiceError } from '../../../service.ts';
import { malformedXml } from '../errors.ts';
import { assertBody } from '../receive.ts';
import type { S3Context } from '../s3-context.ts';
import type { BucketRecord } from '../store/records.ts';
import { continuationToken, readContinuationToken } from './listing.ts';

type OfBucket = Pick<HeadBucketCommandInput, 'Bucket'>;

const MOST_BUCKETS = 10_000;

/** Rules for names of general purpose buckets, S3 user guide. */
export function assertBucketName(name: string): void {
  const valid =
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name);
  if (!valid)
    throw new ServiceError('InvalidBucketName', 'The specified bucket is not valid.', 400, {
      BucketName: name,
    });
}

export function listBuckets(
  { store, world }: S3Context,
  input: ListBucketsCommandInput,
): Omit<ListBucketsCommandOutput, '$metadata'> {
  const after = input.ContinuationToken === undefined ? '' : readContinuationToken(input.ContinuationToken);
  const all = store
    .buckets()
    .filter(({ name }) => name.startsWith(input.Prefix ?? '') && name > after)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = all.slice(0, input.MaxBuckets ?? MOST_BUCKETS);
  return {
    Buckets: page.map(({ name, created }) => ({
      Name: name,
      CreationDate: new Date(created),
      BucketRegion: world.region,
    })),
    Owner: { ID: world.accountId },
    ...(input.Prefix === undefined ? {} : { Prefix: input.Prefix }),
    ...(page.length < all.length ? { ContinuationToken: continuationToken(page.at(-1)?.name ?? '') } : {}),
  };
}

export function createBucket({ store, world }: S3Context, input: CreateBucketCommandInput) {
  const name = input.Bucket!;
  assertBucketName(name);
  if (store.hasBucket(name)) {
    throw new ServiceError(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      409,
      { BucketName: name },
    );
  }
  const constraint = input.CreateBucketConfiguration?.LocationConstraint;
  if ((constraint ?? 'us-east-1') !== world.region && constraint !== undefined) {
    throw new ServiceError(
      'IllegalLocationConstraintException',
      `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
  store.putBucket({ name, created: world.clock.now(), versioning: 'Off', eventBridge: false });
  return { Location: `/${name}` };
}

export function deleteBucket({ store }: S3Context, input: DeleteBucketCommandInput) {
  const bucket = store.bucket(input.Bucket!);
  if (bucket.keys.length > 0) {
    throw new ServiceError('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409, {
      BucketName: input.Bucket,
    });
  }
  store.deleteBucket(input.Bucket!);
  return {};
}

export function headBucket({ store, world }: S3Context, input: OfBucket) {
  store.bucket(input.Bucket!);
  return { BucketRegion: world.region };
}

export function getBucketLocation(
  { store, world }: S3Context,
  input: OfBucket,
): Omit<GetBucketLocationCommandOutput, '$metadata'> {
  store.bucket(input.Bucket!);
  // The one region that S3 calls by no name.
  return world.region === 'us-east-1'
    ? {}
    : {
        LocationConstraint: world.region as NonNullable<GetBucketLocationCommandOutput['LocationConstraint']>,
      };
}

export function getBucketVersioning(
  { store }: S3Context,
  input: OfBucket,
): Omit<GetBucketVersioningCommandOutput, '$metadata'> {
  const { versioning } = store.bucket(input.Bucket!).record;
  return versioning === 'Off' ? {} : { Status: versioning };
}

export function putBucketVersioning(
  { store }: S3Context,
  input: PutBucketVersioningCommandInput,
  context: RequestContext,
) {
  assertBody(context);
  const { Status, MFADelete } = input.VersioningConfiguration ?? {};
  if ((Status !== 'Enabled' && Status !== 'Suspended') || MFADelete === 'Enabled') throw malformedXml();
  change(store.bucket(input.Bucket!).record, { versioning: Status }, store);
  return {};
}

export function getBucketNotificationConfiguration(
  { store }: S3Context,
  input: OfBucket,
): Omit<GetBucketNotificationConfigurationCommandOutput, '$metadata'> {
  return store.bucket(input.Bucket!).record.eventBridge ? { EventBridgeConfiguration: {} } : {};
}

/** Only EventBridge is emulated as a destination; the older three are refused by name. */
export function putBucketNotificationConfiguration(
  { store }: S3Context,
  input: PutBucketNotificationConfigurationCommandInput,
  context: RequestContext,
) {
  assertBody(context);
  const {
    EventBridgeConfiguration,
    LambdaFunctionConfigurations: lambdas = [],
    QueueConfigurations: queues = [],
    TopicConfigurations: topics = [],
  } = input.NotificationConfiguration ?? {};
  if (lambdas.length + queues.length + topics.length > 0) {
    throw new ServiceError(
      'NotImplemented',
      'The local AWS sends bucket notifications to EventBridge only: use EventBridgeConfiguration.',
      501,
    );
  }
  change(store.bucket(input.Bucket!).record, { eventBridge: EventBridgeConfiguration !== undefined }, store);
  return {};
}

function change(record: BucketRecord, settings: Partial<BucketRecord>, store: S3Context['store']): void {
  store.putBucket({ ...record, ...settings });
}
