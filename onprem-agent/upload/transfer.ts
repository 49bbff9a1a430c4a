import type { S3Client } from '@aws-sdk/client-s3';
import type { Persistence } from './persistence.ts';
import type { Throttle } from './throttle.ts';

/** How many parts of a file are under way at once. */
export const PARALLEL_PARTS = 4;

/** What every upload of a process shares. */
export interface Transfer {
  s3: S3Client;
  persistence: Persistence;
  throttle: Throttle;
  /** Connections at once. */
  parallel: number;
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
