import type { ExampleDomain } from './example-domain.ts';
import { PRODUCE } from './produce.ts';
import { VEHICLES } from './vehicles.ts';

/** All of them; `npm start` shows the first. */
export const DOMAINS: readonly ExampleDomain[] = [PRODUCE, VEHICLES];
