import type { DomainSubject } from '#core/contracts/promotion-state.ts';

/** On everything that a promotion creates in SageMaker: who it is for and where it comes from. */
export function promotionTags({ execution, domain, model, version }: DomainSubject) {
  return [
    { Key: 'graft:domain', Value: domain },
    { Key: 'graft:model', Value: model },
    { Key: 'graft:version', Value: version },
    { Key: 'graft:execution', Value: execution },
  ];
}
