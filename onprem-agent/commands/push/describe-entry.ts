import { resolve } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { sha256 } from '#core/digest.ts';
import { DEFAULT_STACK, type Deployment, findDeployment } from '../../aws/deployment.ts';
import { explained } from '../../aws/explain.ts';
import type { AwsOptions } from '../../aws/options.ts';
import type { ModelFolder } from '../../model-folder/read.ts';
import type { EntryRecord } from '../../spool/entry.ts';
import { troubleOf } from '../../upload/trouble.ts';

/** What the command line says of the deployment, and what is known of it. */
export interface Destined {
  names: { bucket: string | undefined; stack: string | undefined };
  /** Undefined where the stack is out of reach. */
  deployment: Deployment | undefined;
}

/**
 * Looks the deployment up. Where that is impossible now and a service will upload the model, its names are
 * enough: the service looks it up.
 */
export async function deploymentOrNames(
  aws: AwsOptions,
  { bucket, stack }: { bucket?: string | undefined; stack?: string | undefined },
  isServed: boolean,
): Promise<Destined> {
  const names = { bucket, stack: bucket === undefined ? (stack ?? DEFAULT_STACK) : stack };
  if (stack === undefined && bucket !== undefined) {
    return { names, deployment: { bucket, stack: undefined } };
  }
  try {
    const { cloudFormationClient } = await import('../../aws/clients.ts');
    const client = cloudFormationClient(aws);
    return { names, deployment: await findDeployment(client, names, 'ModelsBucket') };
  } catch (error) {
    if (!isServed || troubleOf(error) === 'final') throw error;
    return { names, deployment: undefined };
  }
}

export interface DescribedEntry extends Destined {
  model: ModelFolder;
  aws: AwsOptions;
  environment: NodeJS.ProcessEnv;
}

/** Everything that an upload needs later, perhaps in another process with another environment. */
export async function entryRecord(described: DescribedEntry): Promise<EntryRecord> {
  const { model, names, deployment, aws, environment } = described;
  const { manifest } = model;
  const bucket = deployment?.bucket ?? (names.stack === undefined ? names.bucket : undefined);
  const trust = deployment?.stack?.trust;
  const endpointUrl = aws.endpointUrl ?? environment.AWS_ENDPOINT_URL_S3 ?? environment.AWS_ENDPOINT_URL;
  const profile = environment.AWS_PROFILE;
  const region = await explained(
    `upload ${manifest.model} ${manifest.version}`,
    async () => aws.region ?? (await new S3Client({}).config.region()),
  );
  const target = [names.stack ?? names.bucket, region, endpointUrl].join(' ');
  return {
    schemaVersion: 1,
    id: `${manifest.model}-${manifest.version}-${sha256(target).slice(0, 6)}`,
    model: manifest.model,
    version: manifest.version,
    spooledAt: new Date().toISOString(),
    source: resolve(model.folder),
    destination: {
      ...(bucket === undefined ? {} : { bucket }),
      ...(names.stack === undefined ? {} : { stack: names.stack }),
      ...(trust === undefined
        ? {}
        : { trust: { publicKeys: [...trust.publicKeys], revokedKeys: [...trust.revokedKeys] } }),
      region,
      ...(endpointUrl ? { endpointUrl } : {}),
      ...(profile ? { profile } : {}),
    },
    files: manifest.files,
  };
}
