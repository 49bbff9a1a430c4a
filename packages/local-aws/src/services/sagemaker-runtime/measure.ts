import { ServiceError, type World } from '../../service.ts';
import { metricsOf } from '../cloudwatch/seam.ts';

/** One invocation as it went; times of `performance.now()`. */
export interface Measured {
  endpoint: string;
  config: string;
  variant: string;
  began: number;
  /** When the container was asked, and when it had answered. */
  asked?: number;
  answered?: number;
  error?: unknown;
}

/**
 * SageMaker's invocation metrics, for the variant and for the variant with its endpoint configuration. The
 * latter tells the new instances of a rollout from the old ones.
 */
export function measureInvocation(world: World, measured: Measured): void {
  const { endpoint, config, variant, began, asked = began, answered = asked, error } = measured;
  const status = statusOf(error);
  const latency = Math.round((answered - asked) * 1000);
  const overhead = Math.round((performance.now() - began) * 1000) - latency;
  const values: [name: string, value: number, unit: string][] = [
    ['Invocations', 1, 'None'],
    ['Invocation4XXErrors', status >= 400 && status < 500 ? 1 : 0, 'None'],
    ['Invocation5XXErrors', status >= 500 ? 1 : 0, 'None'],
    ['InvocationModelErrors', status >= 400 ? 1 : 0, 'None'],
    ['ModelLatency', latency, 'Microseconds'],
    ['OverheadLatency', Math.max(0, overhead), 'Microseconds'],
  ];
  const ofVariant = { EndpointName: endpoint, VariantName: variant };
  const metrics = metricsOf(world);
  for (const dimensions of [ofVariant, { ...ofVariant, EndpointConfigName: config }]) {
    for (const [name, value, unit] of values) {
      metrics.add({ namespace: 'AWS/SageMaker', name, dimensions, unit }, value);
    }
  }
}

/** What the container answered; one that gave no answer at all (status 0) is at fault itself. */
function statusOf(error: unknown): number {
  if (error === undefined) return 200;
  const status = error instanceof ServiceError ? error.members.OriginalStatusCode : undefined;
  return typeof status === 'number' && status > 0 ? status : 500;
}
