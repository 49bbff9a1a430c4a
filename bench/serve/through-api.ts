import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  SageMakerClient,
  waitUntilEndpointInService,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { packFolder } from 'local-aws/formats';
import {
  createCloudWatch,
  createEcr,
  createLogs,
  createS3,
  createSageMaker,
  createSageMakerRuntime,
} from 'local-aws/services';
import { ANY_ROLE, startLocal } from 'local-aws/testing';
import { Bucket } from '#cloud/aws/bucket.ts';
import { createCallers } from '../../functions/http/access.ts';
import { createPredict } from '../../functions/predict.ts';
import { buildContainer, containerFolder } from '../../scripts/build-container.ts';
import { containerPrograms } from '../../scripts/local-container.ts';
import { median } from '../shared/summary.ts';

/** Milliseconds, medians. */
export interface ThroughApi {
  /** `InvokeEndpoint` of the local AWS. */
  direct: number;
  /** The function `predict`, warm, from API Gateway's event to its answer. */
  predict: number;
  /**
   * Of what a call of `predict` took beyond its own `InvokeEndpoint`. Two calls one after another differ by
   * more than that on a machine that has other work.
   */
  added: number;
}

const REPOSITORY = 'graft-bench';
const IMAGE = `000000000000.dkr.ecr.eu-central-1.amazonaws.com/${REPOSITORY}:1`;
const BUCKET = 'graft-bench';
const KEY = 'model.tar.gz';
const NAME = 'graft-bench-produce';
/** Pairs that do not count. */
const WARM_UP = 10;

/**
 * What the function `predict` takes beside the endpoint's own time: pairs of a direct `InvokeEndpoint` and a
 * call of the function, one after another, in turns of which is first.
 *
 * @param folder with `model/`
 * @param image path of a JPEG
 */
export async function measureThroughApi(folder: string, image: string, pairs: number): Promise<ThroughApi> {
  await buildContainer();
  const bytes = await readFile(image);
  const local = await startLocal({
    services: [
      createLogs,
      createCloudWatch,
      createEcr,
      createS3,
      createSageMaker(containerPrograms(containerFolder)),
      createSageMakerRuntime,
    ],
    template: {
      Resources: {
        Repository: { Type: 'AWS::ECR::Repository', Properties: { RepositoryName: REPOSITORY } },
      },
    },
  });
  try {
    const s3 = local.client(S3Client);
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: KEY, Body: await archiveOf(folder) }));
    await startEndpoint(local.client(SageMakerClient));
    const runtime = local.client(SageMakerRuntimeClient);
    let within = 0;
    const send = runtime.send.bind(runtime) as (...sent: unknown[]) => Promise<unknown>;
    const timedRuntime = Object.create(runtime, {
      send: {
        async value(...sent: unknown[]) {
          const began = performance.now();
          try {
            return await send(...sent);
          } finally {
            within += performance.now() - began;
          }
        },
      },
    }) as SageMakerRuntimeClient;
    const artifacts = new Bucket(s3, BUCKET);
    const predict = createPredict({
      ...{ artifacts, data: artifacts, runtime: timedRuntime, now: Date.now, random: Math.random },
      callerOf: createCallers({ artifacts, firstKeyId: 'bench', now: Date.now }),
      measure: () => {},
      settings: { endpointPrefix: 'graft-bench' },
    });
    const event = eventOf(bytes);
    const asked = { EndpointName: NAME, ContentType: 'image/jpeg', Body: bytes };
    const direct = () => runtime.send(new InvokeEndpointCommand(asked));
    const throughPredict = async () => {
      const { statusCode, body } = await predict(event);
      if (statusCode !== 200) throw new Error(`predict answers ${statusCode}: ${body}`);
    };
    const measured: { direct: number; predict: number; added: number }[] = [];
    for (let pair = -WARM_UP; pair < pairs; pair++) {
      const directFirst = pair % 2 === 0;
      within = 0;
      const first = await timed(directFirst ? direct : throughPredict);
      const second = await timed(directFirst ? throughPredict : direct);
      if (pair < 0) continue;
      const [directMs, predictMs] = directFirst ? [first, second] : [second, first];
      measured.push({ direct: directMs, predict: predictMs, added: predictMs - within });
    }
    return {
      direct: rounded(median(measured.map((each) => each.direct))),
      predict: rounded(median(measured.map((each) => each.predict))),
      added: rounded(median(measured.map((each) => each.added))),
    };
  } finally {
    await local.stop();
  }
}

async function startEndpoint(sagemaker: SageMakerClient): Promise<void> {
  await sagemaker.send(
    new CreateModelCommand({
      ModelName: NAME,
      ExecutionRoleArn: ANY_ROLE,
      PrimaryContainer: { Image: IMAGE, ModelDataUrl: `s3://${BUCKET}/${KEY}` },
    }),
  );
  await sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: NAME,
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          ModelName: NAME,
          InstanceType: 'ml.m5.large',
          InitialInstanceCount: 1,
        },
      ],
    }),
  );
  await sagemaker.send(new CreateEndpointCommand({ EndpointName: NAME, EndpointConfigName: NAME }));
  await waitUntilEndpointInService(
    { client: sagemaker, maxWaitTime: 120, minDelay: 1, maxDelay: 1 },
    {
      EndpointName: NAME,
    },
  );
}

async function archiveOf(folder: string): Promise<Buffer> {
  const place = await mkdtemp(join(tmpdir(), 'graft-bench-'));
  try {
    await packFolder(join(folder, 'model'), join(place, KEY));
    return await readFile(join(place, KEY));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** As API Gateway sends it for an image under a key of the deployment. */
const eventOf = (image: Buffer) =>
  ({
    headers: { 'content-type': 'image/jpeg' },
    pathParameters: { domain: 'produce' },
    queryStringParameters: null,
    isBase64Encoded: true,
    body: image.toString('base64'),
    requestContext: { requestId: 'bench', identity: { apiKeyId: 'bench' } },
  }) as unknown as APIGatewayProxyEvent;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const rounded = (value: number) => Number(value.toFixed(2));
