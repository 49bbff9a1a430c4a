import type { PatchOperation } from '@aws-sdk/client-api-gateway';
import { ServiceError } from '../../service.ts';
import type { StageSettings } from './apis.ts';
import type { UsagePlan } from './usage-plans.ts';

/** What `UpdateStage` is asked to change. */
export function stageChanges(patches: readonly PatchOperation[]): Partial<StageSettings> {
  const changes: Partial<StageSettings> = {};
  for (const patch of patches) {
    if (patch.op === 'replace' && patch.path === '/tracingEnabled') {
      changes.tracingEnabled = patch.value === 'true';
    } else if (patch.op === 'replace' && patch.path === '/description') {
      changes.description = patch.value ?? '';
    } else throw invalid(patch);
  }
  return changes;
}

/** `UpdateUsagePlan`: stages can be taken out of a plan, as a removal of the stack does first. */
export function withoutStages(plan: UsagePlan, patches: readonly PatchOperation[]): UsagePlan {
  let stages = plan.properties.ApiStages;
  for (const patch of patches) {
    if (patch.op !== 'remove' || patch.path !== '/apiStages') throw invalid(patch);
    stages = stages.filter(({ ApiId, Stage }) => `${ApiId}:${Stage}` !== patch.value);
  }
  return { ...plan, properties: { ...plan.properties, ApiStages: stages } };
}

function invalid({ op, path }: PatchOperation): ServiceError {
  return new ServiceError('BadRequestException', `The local AWS does not emulate "${op}" of ${path}`);
}
