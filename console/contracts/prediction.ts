import type { PredictionResponse } from '#core/contracts/served-model.ts';

/** An endpoint's answer about one image. */
export interface Tried {
  answer: PredictionResponse;
  /** Milliseconds from request to answer between this console and the endpoint. */
  endpointMs: number;
}

/** A model that was refused, and can be compared with what is live. */
export interface Challenger {
  /** That trained it. */
  execution: string;
  model: string;
  version: string;
  outcome: 'REJECTED' | 'ROLLED_BACK';
  reason: string;
  at: string;
}

/** One model's answer on this machine, or why it has none. */
export type Side =
  | { answer: PredictionResponse /** Milliseconds. */; ms: number }
  | { problem: string; hint?: string };

export interface Compared {
  champion: Side;
  challenger: Side;
}
