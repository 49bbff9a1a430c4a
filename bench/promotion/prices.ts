/**
 * What orchestration is charged for, in USD: AWS's list prices of one region, before the free tiers and the
 * tiers of large customers. Other regions and contracts differ.
 */
export const orchestrationPrices = {
  region: 'us-east-1',
  recordedAt: '2026-11-27',
  source: 'public copies of https://aws.amazon.com/{step-functions,lambda,s3}/pricing/',
  /**
   * Standard workflows. A transition is one execution of a state or one retry; iterations of an inline Map
   * are free.
   */
  perTransition: 0.025 / 1_000,
  /** arm64, as `serverless.yml` asks for. */
  perLambdaGbSecond: 0.0000133334,
  perLambdaRequest: 0.2 / 1_000_000,
  /** PUT, COPY, POST, LIST; DELETE is free. */
  perS3Write: 0.005 / 1_000,
  /** GET and all others. */
  perS3Read: 0.0004 / 1_000,
};

/** What a promotion has used of what AWS charges by use. */
export interface Usage {
  transitions: number;
  lambdaRequests: number;
  /** Billed duration of all requests together. */
  lambdaMs: number;
  /** Memory × billed duration. */
  lambdaGbSeconds: number;
  s3Writes: number;
  s3Reads: number;
}

/** USD by item. */
export function costOfUsage(usage: Usage) {
  const prices = orchestrationPrices;
  const stepFunctions = usage.transitions * prices.perTransition;
  const lambda =
    usage.lambdaGbSeconds * prices.perLambdaGbSecond + usage.lambdaRequests * prices.perLambdaRequest;
  const s3 = usage.s3Writes * prices.perS3Write + usage.s3Reads * prices.perS3Read;
  return { stepFunctions, lambda, s3, total: stepFunctions + lambda + s3 };
}
