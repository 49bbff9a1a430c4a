import { ON_A_TABLE } from '../conditions.ts';
import type { ExampleDomain } from './example-domain.ts';

/**
 * Fruits and vegetables that all icon sets but, for two of them, `fxemoji` draw; few images, as many of each.
 *
 * The thresholds leave room below what `npm run bench:transfer` measured with general models of 75,000
 * to 160,000 images seen (accuracy 0.59…0.71, so a lower bound from 0.54; uplift 0.10…0.22; worst class 0.13…0.47), for slower machines
 * that see fewer.
 */
export const PRODUCE: ExampleDomain = {
  name: 'produce',
  trainingImages: {
    banana: 5,
    carrot: 5,
    cherries: 5,
    cucumber: 5,
    eggplant: 5,
    grapes: 5,
    lemon: 5,
    pear: 5,
    pineapple: 5,
    strawberry: 5,
    tomato: 5,
    watermelon: 5,
  },
  testImagesPerClass: 30,
  otherImages: 100,
  conditions: ON_A_TABLE,
  gate: {
    minimumAccuracy: 0.45,
    minimumUplift: 0.05,
    minimumRecall: 0.05,
    minimumTestImages: 240,
  },
};
