import type { DomainInput } from '#core/contracts/domain.ts';
import { PRODUCE } from './classes.ts';

/** `domain.json` of the demonstration. */
export function produceDomain(): DomainInput {
  return {
    schemaVersion: 1,
    domain: 'produce',
    labels: [...PRODUCE],
    gate: {
      minimumAccuracy: 0.4,
      minimumUplift: 0.05,
      minimumRecall: 0.05,
      minimumTestImages: 240,
    },
  };
}
