import { ON_THE_ROAD } from '../conditions.ts';
import type { ExampleDomain } from './example-domain.ts';

/** Vehicles: what a road camera's owner would have, many pictures of what passes every minute and a few of what passes once a day. */
export const VEHICLES: ExampleDomain = {
  name: 'vehicles',
  trainingImages: {
    airplane: 8,
    ambulance: 4,
    bicycle: 24,
    bus: 30,
    'delivery-truck': 16,
    'fire-engine': 5,
    helicopter: 3,
    locomotive: 6,
    motorcycle: 10,
    rocket: 3,
    sailboat: 7,
    ship: 5,
    taxi: 12,
    tractor: 4,
  },
  testImagesPerClass: 30,
  otherImages: 100,
  conditions: ON_THE_ROAD,
  gate: {
    minimumAccuracy: 0.3,
    minimumUplift: 0.05,
    minimumRecall: 0,
    minimumTestImages: 280,
  },
};
