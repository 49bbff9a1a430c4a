import type { DomainSubject } from '#core/contracts/promotion-state.ts';

export interface Tag {
  Key: string;
  Value: string;
}

/** A promotion of a domain, with the deployment's tags. */
export interface Tagged extends DomainSubject {
  tags?: readonly Tag[];
}

/** Tags of everything that a promotion creates in SageMaker: domain, general model and execution. */
export function promotionTags({ execution, domain, model, version, tags = [] }: Tagged): Tag[] {
  return [
    ...tags,
    { Key: 'graft:domain', Value: domain },
    { Key: 'graft:model', Value: model },
    { Key: 'graft:version', Value: version },
    { Key: 'graft:execution', Value: execution },
  ];
}
