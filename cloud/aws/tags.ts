import type { DomainSubject } from '#core/contracts/promotion-state.ts';

export interface Tag {
  Key: string;
  Value: string;
}

/** A promotion's domain, with the tags of the deployment. */
export interface Tagged extends DomainSubject {
  tags?: readonly Tag[];
}

/** On everything that a promotion creates in SageMaker: who it is for and where it comes from. */
export function promotionTags({ execution, domain, model, version, tags = [] }: Tagged): Tag[] {
  return [
    ...tags,
    { Key: 'graft:domain', Value: domain },
    { Key: 'graft:model', Value: model },
    { Key: 'graft:version', Value: version },
    { Key: 'graft:execution', Value: execution },
  ];
}
