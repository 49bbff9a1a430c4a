import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { findChampion, refuseSuperseded, refuseUncompared } from '#cloud/champions.ts';
import { s3Client, sageMakerClient, stepFunctionsClient } from '#cloud/clients.ts';
import { takeDeploymentLock } from '#cloud/deployment-locks.ts';
import { changeAndWait, type EndpointClients } from '#cloud/endpoint-callbacks.ts';
import {
  createEndpoint,
  deleteEndpoint,
  type EndpointState,
  ensureEndpointConfig,
  ensureModel,
  productionVariant,
  updateEndpoint,
} from '#cloud/endpoints.ts';
import { readSettings } from '#cloud/settings.ts';
import type { Settled } from '#cloud/training-callbacks.ts';
import {
  type Deployed,
  domainSubjectSchema,
  preparedSchema,
  trainedSchema,
} from '#core/contracts/promotion-state.ts';
import { BusyError } from '#core/errors.ts';
import { endpointConfigName, modelName } from '#core/names.ts';
import { lambda } from './middleware/lambda.ts';

const inputSchema = domainSubjectSchema.extend({
  token: z.string().min(1),
  executionArn: z.string().min(1),
  chosen: z.boolean(),
  endpoint: preparedSchema.shape.endpoint,
  training: trainedSchema,
  /** What the gate compared with: the champion's training job, null for none. Null as a whole where no gate decided. */
  compared: z.strictObject({ champion: z.string().nullable() }).nullish(),
});
type Input = z.output<typeof inputSchema>;

export interface DeployEndpointSettings {
  artifactsBucket: string;
  image: string;
  roleArn: string;
}

/** Creates the domain's endpoint or moves it to the new model, as its state allows; answered when it is in service on it. */
export function createDeployEndpoint(clients: EndpointClients, settings: DeployEndpointSettings) {
  const { s3, sagemaker } = clients;
  const { artifactsBucket } = settings;

  return async function deployEndpoint(input: Input): Promise<Settled> {
    const { token, executionArn, execution, domain, model, version, endpoint } = input;
    const subject = { execution, domain, model, version };
    await takeDeploymentLock(clients, artifactsBucket, domain, { execution, executionArn });
    const live = await findChampion(s3, artifactsBucket, domain);
    refuseSuperseded(live?.champion, input);
    refuseUncompared(live?.champion, input);
    const previous = live
      ? { etag: live.etag, version: live.champion.version, endpointConfig: live.champion.endpointConfig }
      : null;

    const created = await createModelAndConfig(input);
    return changeAndWait(clients, artifactsBucket, {
      token,
      endpoint: endpoint.name,
      endpointConfig: created.endpointConfig,
      output: { endpoint: endpoint.name, ...created, previous } satisfies Deployed,
      request: (state) => requestDeployment(subject, endpoint, created.endpointConfig, state),
    });
  };

  /** Both names are derived from content, so that a retry finds what it has created. */
  async function createModelAndConfig(input: Input) {
    const { execution, domain, model, version, endpoint, training } = input;
    const subject = { execution, domain, model, version };
    const artefact = await s3.send(
      new HeadObjectCommand({ Bucket: artifactsBucket, Key: training.modelKey }),
    );
    const name = modelName(domain, training.job, artefact.ETag!);
    const { image, roleArn } = settings;
    const modelDataUrl = `s3://${artifactsBucket}/${training.modelKey}`;
    await ensureModel(sagemaker, { ...subject, name, image, roleArn, modelDataUrl });
    const variant = productionVariant(name, endpoint.settings);
    const endpointConfig = endpointConfigName(domain, JSON.stringify(variant));
    await ensureEndpointConfig(sagemaker, subject, endpointConfig, variant);
    return { modelName: name, endpointConfig };
  }

  async function requestDeployment(
    subject: Parameters<typeof createEndpoint>[1],
    { name, settings: wanted }: Input['endpoint'],
    endpointConfig: string,
    state: EndpointState | undefined,
  ): Promise<boolean> {
    if (state === undefined) {
      await createEndpoint(sagemaker, subject, name, endpointConfig);
      return true;
    }
    if (state.status === 'InService') {
      const keep = wanted.type === 'instances' && !state.serverless;
      await updateEndpoint(sagemaker, name, endpointConfig, keep);
      return true;
    }
    if (state.status === 'Failed') {
      // SageMaker allows nothing else. It serves nothing, so nothing is lost.
      await deleteEndpoint(sagemaker, name);
      throw new BusyError(`Endpoint ${name} had failed (${state.failureReason}) and is being deleted`);
    }
    throw new BusyError(`Endpoint ${name} is ${state.status}`);
  }
}

export const handler = lambda('DeployEndpoint', inputSchema, () => {
  const settings = readSettings('GRAFT_ARTIFACTS_BUCKET', 'GRAFT_TRAINING_IMAGE', 'GRAFT_SAGEMAKER_ROLE_ARN');
  return createDeployEndpoint(
    { s3: s3Client(), sagemaker: sageMakerClient(), sfn: stepFunctionsClient() },
    {
      artifactsBucket: settings.GRAFT_ARTIFACTS_BUCKET,
      image: settings.GRAFT_TRAINING_IMAGE,
      roleArn: settings.GRAFT_SAGEMAKER_ROLE_ARN,
    },
  );
});
