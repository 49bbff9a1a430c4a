import type { DomainInput } from '#core/contracts/domain.ts';
import { PRODUCE } from './classes.ts';

/**
 * `domain.json` of the demonstration. The thresholds leave room below what was measured (`npm run bench:transfer`: accuracy 0.67, lower
 * bound 0.62, uplift 0.2, least recall 0.25), for slower machines that train the general model on fewer images.
 */
export function produceDomain(): DomainInput {
  return {
    schemaVersion: 1,
    domain: 'produce',
    labels: [...PRODUCE],
    gate: {
      minimumAccuracy: 0.45,
      minimumUplift: 0.05,
      minimumRecall: 0.05,
      minimumTestImages: 240,
    },
  };
}
