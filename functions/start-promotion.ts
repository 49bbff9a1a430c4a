import { DescribeExecutionCommand, ExecutionAlreadyExists, StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { log } from '#cloud/aws/log.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { findNewestModel } from '#cloud/registry/newest-model.ts';
import { type PromotionInput, promotionInputSchema } from '#core/contracts/promotion.ts';
import { dataExecutionName, executionArnOf, executionName } from '#core/names.ts';
import { parse } from '#core/parse.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

/** S3's event as EventBridge delivers it. Unlike in S3's own notifications, the key is not URL-encoded. */
const inputSchema = z.object({
  /** When the object was written. */
  time: z.iso.datetime().optional(),
  detail: z.object({
    bucket: z.object({ name: z.string() }),
    object: z.object({
      key: z.string(),
      etag: z.string().optional(),
      /** Only in a bucket with versions. */
      'version-id': z.string().optional(),
      sequencer: z.string().optional(),
    }),
  }),
});
type ArrivedObject = z.output<typeof inputSchema>['detail']['object'];

export type Started = { started: boolean; execution?: string };
const nothing: Started = { started: false };

/**
 * Starts a promotion when a general model arrives (to every domain) or a domain's new data (of the newest
 * general model). Name and input of the execution depend only on the model's version and the object that has
 * arrived. So an event that is delivered twice starts one execution.
 */
export function createStartPromotion(
  services: Services<'models' | 'data' | 'sfn', 'stateMachineArn' | 'publicKeys' | 'revokedKeys'>,
) {
  const { models, data, sfn } = services;
  const { stateMachineArn } = services.settings;

  return async function startPromotion({ time, detail }: z.output<typeof inputSchema>): Promise<Started> {
    const { bucket, object } = detail;
    const [folder, name, ...rest] = object.key.split('/');
    if (
      bucket.name === models.name &&
      folder === 'general' &&
      rest.length === 2 &&
      rest[1] === 'manifest.json'
    ) {
      return startWithModel(object, time, { model: name, version: rest[0] });
    }
    if (bucket.name === data.name && folder === 'domains' && rest.length === 1 && rest[0] === 'domain.json') {
      return startWithData(object, name!);
    }
    log.info('the object is neither a manifest of a general model nor a domain.json', {
      bucket: bucket.name,
      key: object.key,
    });
    return nothing;
  };

  async function startWithModel(
    object: ArrivedObject,
    time: string | undefined,
    named: object,
  ): Promise<Started> {
    const { model, version } = parse(
      promotionInputSchema,
      named,
      `The key ${models.uri(object.key)}`,
      'Push general models with `graft push`.',
    );
    const first = await start(executionName(model, version), { model, version });
    if (first.started || time === undefined || !(await hasFailedBefore(first.execution!, time))) return first;
    // Not the same event twice: the version was pushed again after its promotion had failed.
    return start(executionName(model, version, arrivalOf(object)), { model, version });
  }

  async function startWithData(object: ArrivedObject, folder: string): Promise<Started> {
    const newest = await findNewestModel(models, services.settings, (refused) =>
      log.warn('a newer model is skipped', { ...refused }),
    );
    if (newest === undefined) {
      log.info('there is no verified general model yet: the first one will be promoted to this domain too', {
        domain: folder,
      });
      return nothing;
    }
    const { model, version, committed } = newest;
    const input = parse(
      promotionInputSchema,
      { model, version, domains: [folder] },
      `The key ${data.uri(object.key)}`,
      'Push the data of a domain with `graft data push`.',
    );
    const arrived = await data.modifiedAt(object.key);
    if (arrived === undefined) {
      log.info('domain.json has been removed since', { domain: folder });
      return nothing;
    }
    // The model's own promotion lists the domains after its manifest has arrived, so it uses these data.
    if (committed > arrived) {
      log.info('the model arrived after these data, and its own promotion uses them', {
        domain: folder,
        model,
        version,
      });
      return nothing;
    }
    return start(dataExecutionName(model, version, folder, arrivalOf(object)), input);
  }

  /** Whether an execution that began before this moment has ended without success. */
  async function hasFailedBefore(execution: string, time: string): Promise<boolean> {
    const describe = new DescribeExecutionCommand({
      executionArn: executionArnOf(stateMachineArn, execution),
    });
    const { status, startDate } = await sfn.send(describe);
    return (
      ['FAILED', 'TIMED_OUT', 'ABORTED'].includes(status ?? '') && Date.parse(time) > startDate!.getTime()
    );
  }

  async function start(execution: string, input: PromotionInput): Promise<Started> {
    try {
      await sfn.send(
        new StartExecutionCommand({ stateMachineArn, name: execution, input: JSON.stringify(input) }),
      );
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
      log.info('this execution already exists', { execution });
      return { started: false, execution };
    }
    log.info('promotion started', { execution });
    return { started: true, execution };
  }
}

/** Identifies one write of an object; the same for every delivery of its event. */
function arrivalOf({ 'version-id': versionId, etag = '', sequencer = '' }: ArrivedObject): string {
  return versionId ?? `${etag} ${sequencer}`;
}

export const handler = lambda('StartPromotion', inputSchema, () => {
  const settings = readSettings('stateMachineArn', 'publicKeys', 'revokedKeys', 'modelsBucket', 'dataBucket');
  const s3 = s3Client();
  return createStartPromotion({
    models: new Bucket(s3, settings.modelsBucket),
    data: new Bucket(s3, settings.dataBucket),
    sfn: stepFunctionsClient(),
    settings,
  });
});
