import * as z from 'zod';
import { parseJson } from './parse.ts';

/** Price of one instance for an hour of training, in USD. */
export type InstancePrices = Readonly<Record<string, number>>;

export interface PriceList {
  region: string;
  /** Day on which the figures were recorded (AWS changes them now and then); null where it is unknown. */
  recordedAt: string | null;
  source: string;
  perHour: InstancePrices;
}

/**
 * On-demand list prices of SageMaker training in one region, of CPU instances. Most other regions cost some
 * 10–25 % more, contracts less: `GRAFT_INSTANCE_PRICES` replaces them.
 */
export const listPrices: PriceList = {
  region: 'us-east-1',
  recordedAt: '2026-11-23',
  source: 'public copies of the list at https://aws.amazon.com/sagemaker/pricing/',
  perHour: {
    'ml.c5.xlarge': 0.204,
    'ml.c5.2xlarge': 0.408,
    'ml.c5.4xlarge': 0.816,
    'ml.c5.9xlarge': 1.836,
    'ml.c5.18xlarge': 3.672,
    'ml.m5.large': 0.115,
    'ml.m5.xlarge': 0.23,
    'ml.m5.2xlarge': 0.461,
    'ml.m5.4xlarge': 0.922,
    'ml.m5.12xlarge': 2.765,
    'ml.m5.24xlarge': 5.53,
  },
};

/** A deployment's own prices: USD an hour by instance type. */
export const instancePricesSchema = z.record(
  z.string().regex(/^ml\.[a-z0-9-]+\.[a-z0-9]+$/, 'expected an instance type such as "ml.c5.xlarge"'),
  z.number().nonnegative(),
);

/**
 * The price list of a deployment: the list prices, or its own prices in their place. Types that its own
 * prices do not name are unknown then, since a sum of these prices and another region's would be meaningless.
 *
 * @param text JSON such as `{"ml.c5.xlarge": 0.245}`; empty for the list prices
 * @throws InvalidInputError
 */
export function readPrices(text: string): PriceList {
  if (text === '') return listPrices;
  const perHour = parseJson(instancePricesSchema, text, 'GRAFT_INSTANCE_PRICES');
  return {
    region: 'the region of this deployment',
    recordedAt: null,
    source: 'GRAFT_INSTANCE_PRICES of this deployment',
    perHour,
  };
}

/** USD, or null when the type's price is unknown. SageMaker's billable seconds include the spot discount. */
export function costOf(
  prices: PriceList,
  instanceType: string,
  instances: number,
  billableSeconds: number,
): number | null {
  const price = prices.perHour[instanceType];
  return price === undefined ? null : (price * instances * billableSeconds) / 3600;
}
