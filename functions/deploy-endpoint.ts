import type { DataCaptureConfig } from '@aws-sdk/client-sagemaker';
import * as z from 'zod';
import { cloudWatchClient, s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/aws/clients.ts';
import { isRunning, type Settled } from '#cloud/aws/executions.ts';
import { isLimitReached } from '#cloud/aws/failures.ts';
import { log } from '#cloud/aws/log.ts';
import { readSettings, readSharedSettings } from '#cloud/aws/settings.ts';
import {
  describeConfig,
  ensureEndpointConfig,
  productionVariant,
  VARIANT,
} from '#cloud/endpoints/endpoint-configs.ts';
import { startEndpointTask } from '#cloud/endpoints/endpoint-tasks.ts';
import { type EndpointState, updateEndpoint } from '#cloud/endpoints/endpoints.ts';
import { ensureModel } from '#cloud/endpoints/models.ts';
import { putConfiguration } from '#cloud/endpoints/put-configuration.ts';
import { guardedDeployment, type RolloutTarget } from '#cloud/endpoints/rollouts.ts';
import {
  ensureSharedConfiguration,
  publishModel,
  requestSharedEndpoint,
} from '#cloud/endpoints/shared-endpoint.ts';
import { refuseSuperseded, refuseUncompared } from '#cloud/records/champions.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import type { OwnEndpointSettings } from '#core/contracts/domain.ts';
import {
  type Deployed,
  domainSubjectSchema,
  manualSchema,
  preparedSchema,
  trainedSchema,
} from '#core/contracts/promotion-state.ts';
import { DeploymentFailedError } from '#core/errors.ts';
import { capturesPrefix, targetModelOf } from '#core/keys.ts';
import { endpointConfigName, modelName } from '#core/names.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainSubjectSchema.extend({
  token: z.string().min(1),
  executionArn: z.string().min(1),
  chosen: z.boolean(),
  manual: manualSchema.optional(),
  /** What was live when the promotion began. */
  champion: preparedSchema.shape.champion.optional(),
  endpoint: preparedSchema.shape.endpoint,
  training: trainedSchema,
  /**
   * What the gate compared with: the champion's training job, null for none. Null as a whole where no gate
   * decided.
   */
  compared: z.strictObject({ champion: z.string().nullable() }).nullish(),
});
type Input = z.output<typeof inputSchema>;

/**
 * Creates the domain's endpoint or moves it to the new model, as its state allows; answered when it is in
 * service on it.
 */
export function createDeployEndpoint(
  services: Services<
    'store' | 'sagemaker' | 'sfn' | 'cloudwatch',
    'image' | 'roleArn' | 'endpointPrefix' | 'vpc' | 'tags' | 'sharedInstanceType' | 'sharedInstanceCount'
  >,
) {
  const { store, sagemaker, sfn, cloudwatch, settings } = services;
  const { endpointPrefix } = settings;

  return async function deployEndpoint(input: Input): Promise<Settled> {
    const { token, executionArn, execution, domain, endpoint } = input;
    const { settings: wanted } = endpoint;
    await store.locks.take(domain, { execution, executionArn }, (arn) => isRunning(sfn, arn));
    const live = await store.champions.find(domain);
    // A person who forces it has seen what was live then, and not what has come since.
    refuseSuperseded(live?.champion, input, input.manual?.force && input.champion?.trainingJob);
    refuseUncompared(live?.champion, input);
    const previous = live
      ? {
          etag: live.etag,
          version: live.champion.version,
          endpointConfig: live.champion.endpointConfig,
          endpoint: live.champion.endpoint,
        }
      : null;

    try {
      if (wanted.type === 'shared') return await deployShared(input, previous);
      const created = await createModelAndConfig(input, wanted);
      return await startEndpointTask(services, {
        token,
        endpoint: endpoint.name,
        endpointConfig: created.endpointConfig,
        output: { endpoint: endpoint.name, ...created, previous } satisfies Deployed,
        request: (state) => requestDeployment(input, wanted, created.endpointConfig, state),
      });
    } catch (error) {
      // A quota may keep it waiting for a day, in which a newer model must not wait for it.
      if (isLimitReached(error)) await store.locks.release(domain, execution);
      throw error;
    }
  };

  /**
   * Puts the model beside the others of the shared endpoint, and creates that endpoint where there is none.
   */
  async function deployShared(input: Input, previous: Deployed['previous']): Promise<Settled> {
    const { token, execution, domain, model, version, endpoint, training: trained } = input;
    const { ETag } = await store.bucket.head(trained.modelKey);
    const deployment = endpointConfigName(
      endpointPrefix,
      domain,
      JSON.stringify({ shared: trained.modelKey, ETag }),
    );
    const targetModel = targetModelOf(domain, deployment);
    const shared = { bucket: store.bucket, sagemaker, settings };
    const subject = { execution, domain, model, version };
    const { endpointConfig, modelName } = await ensureSharedConfiguration(shared, subject);
    const { modelKey } = trained;
    const made = { endpointConfig: deployment, modelName, execution, modelKey, targetModel };
    await store.configurations.add(domain, made);
    await publishModel(store.bucket, modelKey, targetModel);
    return startEndpointTask(services, {
      token,
      endpoint: endpoint.name,
      endpointConfig,
      deployment,
      output: {
        endpoint: endpoint.name,
        endpointConfig: deployment,
        modelName,
        targetModel,
        previous,
      } satisfies Deployed,
      async request(state) {
        await requestSharedEndpoint(shared, subject, endpointConfig, state);
        return true;
      },
    });
  }

  /** Both names are derived from content, so that a retry finds what it has created. */
  async function createModelAndConfig(input: Input, wanted: OwnEndpointSettings) {
    const { execution, domain, model, version, training: trained } = input;
    const subject = { execution, domain, model, version, tags: settings.tags };
    const { ETag } = await store.bucket.head(trained.modelKey);
    const name = modelName(endpointPrefix, domain, trained.job, ETag!);
    const { image, roleArn } = settings;
    // SageMaker lets serverless endpoints into no VPC.
    const vpc = wanted.type === 'instances' ? settings.vpc : undefined;
    const modelDataUrl = store.bucket.uri(trained.modelKey);
    const variant = productionVariant(name, wanted);
    const capture = captureOf(domain, wanted);
    const endpointConfig = endpointConfigName(
      endpointPrefix,
      domain,
      JSON.stringify(capture ? { variant, capture } : variant),
    );
    // Written before there is anything, so that nothing is created that the clean-up does not know.
    const made = { endpointConfig, modelName: name, execution, modelKey: trained.modelKey };
    await store.configurations.add(domain, made);
    await ensureModel(sagemaker, { ...subject, name, image, roleArn, modelDataUrl, vpc });
    await ensureEndpointConfig(sagemaker, { ...subject, name: endpointConfig, variant, capture });
    return { modelName: name, endpointConfig };
  }

  async function requestDeployment(
    { execution, domain, model, version, endpoint: { name }, training: trained }: Input,
    wanted: OwnEndpointSettings,
    endpointConfig: string,
    state: EndpointState | undefined,
  ): Promise<boolean> {
    await putConfiguration(sagemaker, {
      subject: { execution, domain, model, version, tags: settings.tags },
      endpoint: name,
      endpointConfig,
      state,
      update: (from) => update(name, wanted, { endpointConfig, trainingJob: trained.job }, from),
    });
    return true;
  }

  async function update(
    endpoint: string,
    wanted: OwnEndpointSettings,
    { endpointConfig, trainingJob }: Pick<RolloutTarget, 'endpointConfig' | 'trainingJob'>,
    state: EndpointState,
  ): Promise<void> {
    const allAtOnce = { endpoint, endpointConfig, keepVariantProperties: false };
    if (wanted.type === 'serverless') {
      if (!state.serverless && state.instances !== undefined) throw cannotBecomeServerless(endpoint);
      return updateEndpoint(sagemaker, allAtOnce);
    }
    if (state.serverless) return updateEndpoint(sagemaker, allAtOnce);
    // The number in domain.json is where autoscaling begins; it counts again when its owner has changed it.
    const before = await describeConfig(sagemaker, state.endpointConfig);
    const newCount = before?.instances !== undefined && before.instances !== wanted.instanceCount;
    const instances = newCount ? wanted.instanceCount : (state.instances ?? wanted.instanceCount);
    if (state.variant !== VARIANT) {
      // SageMaker's guardrails need the same variant name on both sides.
      log.warn('all at once and without alarms: another variant name', {
        endpoint,
        variant: state.variant,
      });
      return updateEndpoint(sagemaker, allAtOnce);
    }
    const target = { endpoint, endpointConfig, variant: VARIANT, trainingJob };
    const deployment = await guardedDeployment(cloudwatch, target, wanted, instances);
    log.info('update', { endpoint, endpointConfig, deployment });
    await updateEndpoint(sagemaker, {
      endpoint,
      endpointConfig,
      keepVariantProperties: true,
      deployment,
      newCount,
    });
  }

  function captureOf(domain: string, wanted: OwnEndpointSettings): DataCaptureConfig | undefined {
    if (wanted.type !== 'instances' || !wanted.dataCapture?.enabled) return undefined;
    return {
      EnableCapture: true,
      InitialSamplingPercentage: wanted.dataCapture.percent,
      DestinationS3Uri: store.bucket.uri(capturesPrefix(domain)),
      CaptureOptions: [{ CaptureMode: 'Input' }, { CaptureMode: 'Output' }],
    };
  }
}

/** SageMaker refuses it, in words that do not say what to do. */
const cannotBecomeServerless = (endpoint: string) =>
  new DeploymentFailedError(
    `Endpoint ${endpoint} runs on instances, and SageMaker does not turn such an endpoint into a serverless one`,
    {
      hint: `Set endpoint.type to "instances" in domain.json; or delete the endpoint (aws sagemaker delete-endpoint --endpoint-name ${endpoint}), after which no request is answered until the promotion, started again, has made it anew.`,
    },
  );

export const handler = lambda('DeployEndpoint', inputSchema, () => {
  const settings = readSettings(
    'artifactsBucket',
    'image',
    'roleArn',
    'endpointPrefix',
    'sharedInstanceType',
    'sharedInstanceCount',
  );
  return createDeployEndpoint({
    store: promotionStore(s3Client(), settings.artifactsBucket),
    sagemaker: sageMakerClient(),
    sfn: stepFunctionsClient(),
    cloudwatch: cloudWatchClient(),
    settings: { ...settings, ...readSharedSettings() },
  });
});
