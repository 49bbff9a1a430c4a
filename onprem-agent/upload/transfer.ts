import type { S3Client } from '@aws-sdk/client-s3';
import type { Concurrency } from './concurrency.ts';
import type { Buffers } from './file-part.ts';
import type { Persistence } from './persistence.ts';
import type { Throttle } from './throttle.ts';

/** What every upload of a process shares. */
export interface Transfer {
  s3: S3Client;
  persistence: Persistence;
  throttle: Throttle;
  concurrency: Concurrency;
  /** Buffers of connections that are idle. New ones for every part made 50 MB more. */
  idleBuffers: Buffers[];
  /** Is told of bytes that were handed to a connection; negative when they have to be sent again. */
  onSent(bytes: number): void;
  signal: AbortSignal;
}

/** Where an object is to be, and the condition of its upload. */
export interface Destination {
  bucket: string;
  key: string;
  condition: { IfNoneMatch: '*' } | { IfMatch: string };
}
