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
import type { S3Context } from '../context.ts';
import { malformedXml, notImplemented } from '../errors.ts';
import { assertBody } from '../receive.ts';
import type { BucketRecord } from '../store/records.ts';
import { continuationToken, readContinuationToken } from './listing.ts';

type OfBucket = Pick<HeadBucketCommandInput, 'Bucket'>;

const MOST_BUCKETS = 10_000;
/** Where a bucket without a location is made, and the one region that S3 calls by no name. */
const OLDEST_REGION = 'us-east-1';

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
    .filter(() => (input.BucketRegion ?? world.region) === world.region)
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
  assertPlainBucket(input);
  assertLocation(input.CreateBucketConfiguration?.LocationConstraint, world.region);
  if (store.hasBucket(name)) {
    // The oldest region takes the same request again.
    if (world.region === OLDEST_REGION) return { Location: `/${name}` };
    throw new ServiceError(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      409,
      { BucketName: name },
    );
  }
  store.putBucket({ name, created: world.clock.now(), versioning: 'Off', eventBridge: false });
  return { Location: `/${name}` };
}

/** Refuses what would make another kind of bucket. */
function assertPlainBucket(input: CreateBucketCommandInput): void {
  const { ACL, ObjectOwnership, BucketNamespace, CreateBucketConfiguration } = input;
  if (ACL !== undefined && ACL !== 'private') {
    throw new ServiceError(
      'InvalidBucketAclWithObjectOwnership',
      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    );
  }
  if ((ObjectOwnership ?? 'BucketOwnerEnforced') !== 'BucketOwnerEnforced') {
    throw notImplemented('x-amz-object-ownership');
  }
  if ((BucketNamespace ?? 'global') !== 'global') throw notImplemented('x-amz-bucket-namespace');
  if (CreateBucketConfiguration?.Bucket ?? CreateBucketConfiguration?.Location) {
    throw new ServiceError('NotImplemented', 'The local AWS does not emulate directory buckets.', 501);
  }
}

/** Every region but the oldest wants to be named. */
function assertLocation(constraint: string | undefined, region: string): void {
  if (constraint === OLDEST_REGION) {
    throw new ServiceError(
      'InvalidLocationConstraint',
      'The specified location-constraint is not valid',
      400,
      {
        LocationConstraint: constraint,
      },
    );
  }
  if ((constraint ?? OLDEST_REGION) !== region) {
    throw new ServiceError(
      'IllegalLocationConstraintException',
      `The ${constraint ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
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
  return world.region === OLDEST_REGION
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
  request: RequestContext,
) {
  assertBody(request);
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
  request: RequestContext,
) {
  assertBody(request);
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
