import { S3Client } from '@aws-sdk/client-s3';
import { currentInvocation, type WireAnswer, type WireRequest } from './invocation.ts';

interface HttpHandler {
  handle(request: WireRequest, options: unknown): Promise<WireAnswer>;
}

let endpoint: URL | undefined;

/**
 * Where functions find AWS from now on; their clients keep the address of the first run for as long as they
 * live.
 */
export function directRequestsTo(url: string): void {
  endpoint = new URL(url);
}

/**
 * Lets each function's invocation decide about every HTTP request that its SDK clients send, attempt by
 * attempt.
 */
export function installSdkTransport(): void {
  const client = new S3Client({ region: 'eu-central-1' });
  const prototype = Object.getPrototypeOf(client.config.requestHandler) as HttpHandler;
  client.destroy();
  const original = prototype.handle;
  prototype.handle = function handle(request, options) {
    const invocation = currentInvocation.getStore();
    if (invocation === undefined || endpoint === undefined) return original.call(this, request, options);
    request.hostname = endpoint.hostname;
    request.port = Number(endpoint.port);
    return invocation.send(request, () => original.call(this, request, options));
  };
}
