import type { DomainInput } from '#core/contracts/domain.ts';
import { PRODUCE } from './classes.ts';

/**
 * `domain.json` of the demonstration. The thresholds leave room below what `npm run bench:transfer` measured with general models of 75,000
 * to 160,000 images seen (accuracy 0.59…0.71, so a lower bound from 0.54; uplift 0.10…0.22; worst class 0.13…0.47), for slower machines
 * that see fewer.
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
