import type {
  InvokeEndpointCommandInput,
  InvokeEndpointCommandOutput,
} from '@aws-sdk/client-sagemaker-runtime';
import { ServiceError } from '../../../service.ts';
import { route, type ServingContainer } from '../../sagemaker/seam.ts';
import { captureInvocation } from '../capture.ts';
import type { RuntimeContext } from '../context.ts';
import { forward, type Invocation } from '../forward.ts';
import { type Measured, measureInvocation } from '../measure.ts';

/** Limits of a request's body in bytes. */
const INSTANCE_LIMIT = 6_291_456;
const SERVERLESS_LIMIT = 4 * 1024 * 1024;

/** Members for features that endpoints here do not have. */
const REFUSED = ['TargetContainerHostname', 'EnableExplanations', 'InferenceComponentName', 'SessionId'];

export async function invokeEndpoint(
  { world, fleet }: RuntimeContext,
  input: InvokeEndpointCommandInput,
): Promise<Omit<InvokeEndpointCommandOutput, '$metadata' | 'Body'> & { Body: Uint8Array }> {
  const name = input.EndpointName!;
  for (const member of REFUSED) {
    if ((input as unknown as Record<string, unknown>)[member] !== undefined) {
      throw validationError(
        `The local AWS does not emulate ${member} of InvokeEndpoint: see docs/fidelity.md of local-aws.`,
      );
    }
  }
  const deployment = fleet.get(name);
  // Creating, Failed and Deleting endpoints are as unknown to the data plane as ones that never were.
  if (deployment === undefined || fleet.record(name)?.status === 'Deleting') {
    throw validationError(`Endpoint ${name} of account ${world.accountId} not found.`);
  }
  const began = performance.now();
  const serving = await deployment.catch(() => {
    throw validationError(`Endpoint ${name} of account ${world.accountId} not found.`);
  });
  const { config, containers } = route(serving);
  const container = choose(containers, input.TargetVariant);
  if (container.plan.multiModel && input.TargetModel === undefined) {
    throw validationError(`Endpoint ${name} is a multi-model endpoint: TargetModel is required.`);
  }
  if (!container.plan.multiModel && input.TargetModel !== undefined) {
    throw validationError(
      `Endpoint ${name} is not a multi-model endpoint and does not support target model header.`,
    );
  }
  const body = bytesOf(input.Body);
  const limit = container.plan.serverless === undefined ? INSTANCE_LIMIT : SERVERLESS_LIMIT;
  if (body.byteLength > limit) {
    throw validationError(
      `1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to ${limit}`,
    );
  }
  const concurrency = container.plan.serverless?.MaxConcurrency ?? Number.POSITIVE_INFINITY;
  if (container.invocations >= concurrency) {
    throw new ServiceError(
      'ThrottlingException',
      `Rate exceeded: endpoint ${name} runs its maximum of ${concurrency} concurrent invocations`,
      429,
    );
  }
  const measured: Measured = { endpoint: name, config, variant: container.plan.name, began };
  try {
    measured.asked = performance.now();
    const invocation: Invocation = {
      body,
      contentType: input.ContentType,
      accept: input.Accept,
      customAttributes: input.CustomAttributes,
      inferenceId: input.InferenceId,
      targetModel: input.TargetModel,
    };
    const answer = await container.whileAsked(() => forward(world, name, container, invocation));
    measured.answered = performance.now();
    // In the background, as in SageMaker.
    void captureInvocation(world, name, container, { invocation, answer, random: Math.random() });
    return {
      Body: answer.body,
      ContentType: answer.contentType,
      InvokedProductionVariant: container.plan.name,
      ...(answer.customAttributes === undefined ? {} : { CustomAttributes: answer.customAttributes }),
    };
  } catch (error) {
    measured.answered = performance.now();
    measured.error = error;
    throw error;
  } finally {
    measureInvocation(world, measured);
  }
}

const validationError = (message: string) => new ServiceError('ValidationError', message);

function bytesOf(body: unknown): Uint8Array {
  return typeof body === 'string'
    ? Buffer.from(body)
    : ((body as Uint8Array | undefined) ?? new Uint8Array());
}

/** The asked-for variant, or one at random by weight. */
function choose(containers: readonly ServingContainer[], target: string | undefined): ServingContainer {
  if (target !== undefined) {
    const found = containers.find(({ plan }) => plan.name === target);
    if (found === undefined) throw validationError(`Variant ${target} not found.`);
    return found;
  }
  const total = containers.reduce((sum, { plan }) => sum + plan.weight, 0);
  let left = Math.random() * total;
  for (const container of containers) {
    left -= container.plan.weight;
    if (left < 0) return container;
  }
  return containers[0]!;
}
