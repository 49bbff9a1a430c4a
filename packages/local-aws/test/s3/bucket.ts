import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import type { BusEvent, ServiceFactory } from '../../src/service.ts';
import { createS3 } from '../../src/services/s3/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';

export interface Storage extends LocalAws {
  s3: S3Client;
  events: BusEvent[];
}

/** A local S3 with these buckets, and what it published. */
export async function startStorage(
  buckets: Record<string, 'Off' | 'Enabled'>,
  options: { state?: string } = {},
): Promise<Storage> {
  const events: BusEvent[] = [];
  const listener: ServiceFactory = () => ({
    signingName: 'listener',
    protocol: 'json-1.0',
    schemas: {},
    operations: {},
    onBusEvent: (event) => {
      events.push(event);
    },
  });
  const local = await startLocal({ services: [listener, createS3], ...options });
  const s3 = local.client(S3Client);
  for (const [Bucket, Status] of Object.entries(buckets)) {
    await s3.send(new CreateBucketCommand({ Bucket }));
    if (Status === 'Off') continue;
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  }
  return { ...local, s3, events };
}

/** Bytes that differ from block to block, so that a wrong offset shows. */
export function pattern(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i + 4 <= size; i += 4) bytes.writeUInt32LE((i * 2654435761) >>> 0, i);
  return bytes;
}

/** For `expect.poll`: as long as a busy machine may take. */
export const SOON = { timeout: 20_000, interval: 20 };

/** The files with objects' bytes in a state folder. */
export function blobFiles(state: string): string[] {
  return readdirSync(join(state, 's3', 'blobs'), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => one.name);
}
