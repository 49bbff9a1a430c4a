import { cbor } from '@smithy/core/cbor';
import type { ServiceError } from '../service.ts';
import type { WireResponse } from './response.ts';

/**
 * Value of the `smithy-protocol` header. No service here speaks it, but its clients must be able to read a
 * refusal.
 */
export const CBOR = 'rpc-v2-cbor';

export function writeCborError(error: ServiceError): WireResponse {
  return {
    status: error.statusCode,
    headers: { 'smithy-protocol': CBOR, 'content-type': 'application/cbor' },
    body: cbor.serialize({ __type: error.code, message: error.message }),
  };
}
