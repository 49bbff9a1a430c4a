import type { PredictionResponse } from '#core/contracts/served-model.ts';

/** An endpoint's answer about one image. */
export interface Tried {
  answer: PredictionResponse;
  /** Milliseconds from request to answer between this console and the endpoint. */
  endpointMs: number;
}
