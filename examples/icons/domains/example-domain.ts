import { type DomainInput, domainSchema } from '#core/contracts/domain.ts';
import type { Conditions } from '../conditions.ts';

/**
 * A small domain of the demonstration: what to draw, how it is photographed, and what its models have to
 * show.
 */
export interface ExampleDomain {
  /** Lower-case letters, digits and hyphens. */
  name: string;
  /**
   * Names of icons that all sets draw (the odd one may be missing), and how many training images each class
   * has.
   */
  trainingImages: Readonly<Record<string, number>>;
  testImagesPerClass: number;
  /** Images of none of the classes, each of another thing. */
  otherImages: number;
  conditions: Conditions;
  gatePolicy: DomainInput['gate'];
}

/** Its `domain.json`. */
export function settingsOf({ name, trainingImages, gatePolicy }: ExampleDomain): DomainInput {
  const settings: DomainInput = {
    schemaVersion: 1,
    domain: name,
    labels: Object.keys(trainingImages),
    gate: gatePolicy,
  };
  domainSchema.parse(settings);
  return settings;
}

/** The same domain with another number of images, the same for each class. */
export function withImagesPerClass(
  domain: ExampleDomain,
  train: number,
  test = domain.testImagesPerClass,
): ExampleDomain {
  const labels = Object.keys(domain.trainingImages);
  return {
    ...domain,
    trainingImages: Object.fromEntries(labels.map((label) => [label, train])),
    testImagesPerClass: test,
  };
}
