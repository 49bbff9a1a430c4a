import { isSigV2 } from './presigned.ts';
import type { Services } from './services.ts';

/** What a request's line and headers tell: the service that it is for, and the caller. */
export interface Addressed {
  /** The signing name, or undefined where nothing tells. */
  service: string | undefined;
  /** The operation of an AWS JSON request (`X-Amz-Target: AWSStepFunctions.StartExecution`). */
  target: string | undefined;
  sessionToken: string | undefined;
}

/** A request's line and headers, the path as it was sent. */
export interface RequestHead {
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
}

/**
 * Reads the credential scope of a header's or a presigned URL's SigV4 signature. Signatures are not verified:
 * any key pair is the account's own (docs/fidelity.md).
 *
 * @param onHost signing name of the service that the host name belongs to; it counts where there is no
 *   signature
 */
export function readAddress(services: Services, head: RequestHead, onHost?: string): Addressed {
  const { query, headers } = head;
  const header = /Credential=([^,\s]+)/.exec(headers.authorization ?? '')?.[1];
  const credential = header ?? query.get('X-Amz-Credential') ?? undefined;
  // AKIA…/20261123/eu-central-1/s3/aws4_request
  const signed = credential?.split('/').at(-2);
  const target = headers['x-amz-target'];
  const dot = target?.lastIndexOf('.') ?? -1;
  return {
    service: signed ?? onHost ?? unsigned(services, head, target?.slice(0, dot)),
    target: target?.slice(dot + 1),
    sessionToken:
      headers['x-amz-security-token'] ??
      query.get('X-Amz-Security-Token') ??
      query.get('x-amz-security-token') ??
      undefined,
  };
}

function unsigned(
  services: Services,
  { path, query }: RequestHead,
  targetPrefix: string | undefined,
): string | undefined {
  if (targetPrefix !== undefined) return services.ofTarget(targetPrefix)?.signingName;
  // Only S3's clients still sign so.
  if (isSigV2(query)) return services.default()?.signingName;
  const version = query.get('Version');
  if (query.has('Action') && version !== null) return services.ofQueryVersion(version)?.signingName;
  return services.ofPath(path)?.signingName;
}
