import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import type { UsagePlanProperties } from './properties.ts';

export interface ApiKey {
  id: string;
  name: string;
  description: string | undefined;
  enabled: boolean;
  value: string;
  createdAt: number;
}

export interface UsagePlan {
  id: string;
  name: string;
  properties: UsagePlanProperties;
  keyIds: Set<string>;
}

/** A key that was made through the API, and its plans: no template says them. */
interface MadeKey extends Pick<ApiKey, 'name' | 'description' | 'enabled'> {
  planIds: string[];
}

export type Admission = { key: ApiKey } | 'INVALID_API_KEY' | 'THROTTLED' | 'QUOTA_EXCEEDED';

/** Used-up quota is written down this long after a request; a kill forgets no more than that. */
const WRITE_AFTER_MS = 1_000;

/** API keys with their usage plans: who may call a stage, how fast, how often. */
export class UsagePlans {
  readonly #world: World;
  readonly #secrets: Collection<{ value: string; createdAt: number }>;
  readonly #made: Collection<MadeKey>;
  readonly #stored: Collection<number>;
  readonly #used = new Map<string, number>();
  readonly #buckets = new Map<string, TokenBucket>();
  readonly keys = new Map<string, ApiKey>();
  readonly plans = new Map<string, UsagePlan>();
  #cancelWrite: (() => void) | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#secrets = new Collection(join(world.folder('api-gateway'), 'keys'));
    this.#stored = new Collection(join(world.folder('api-gateway'), 'usage'));
    for (const { key, value } of this.#stored.list()) this.#used.set(key, value);
    this.#made = new Collection(join(world.folder('api-gateway'), 'made-keys'));
    for (const { key: id, value } of this.#made.list()) {
      const { planIds: _plans, ...settings } = value;
      this.addKey({ id, ...settings, description: settings.description });
    }
  }

  /** A key that no template has. */
  makeKey(settings: Pick<ApiKey, 'name' | 'description' | 'enabled'>, value?: string): ApiKey {
    const id = randomKey().slice(0, 10).toLowerCase();
    this.#made.put(id, { ...settings, planIds: [] });
    this.addKey({ id, ...settings, value });
    return this.keys.get(id)!;
  }

  /** Puts a key into a plan. */
  attach(keyId: string, plan: UsagePlan): void {
    plan.keyIds.add(keyId);
    const made = this.#made.get(keyId);
    if (made !== undefined) {
      this.#made.put(keyId, { ...made, planIds: [...new Set([...made.planIds, plan.id])] });
    }
  }

  /** Keys of a plan that no template puts there. */
  attachedTo(planId: string): Set<string> {
    const found = this.#made.list().filter(({ value }) => value.planIds.includes(planId));
    return new Set(found.map(({ key }) => key));
  }

  /** The value of a key without one in the template is drawn once and then stays. */
  addKey({
    id,
    value,
    ...settings
  }: Omit<ApiKey, 'value' | 'createdAt'> & { value?: string | undefined }): void {
    let secret = this.#secrets.get(id);
    if (secret === undefined || (value !== undefined && secret.value !== value)) {
      secret = { value: value ?? randomKey(), createdAt: this.#world.clock.now() };
      this.#secrets.put(id, secret);
    }
    this.keys.set(id, { id, ...settings, ...secret });
  }

  /** Its value is never drawn again. */
  removeKey(id: string): void {
    this.#secrets.delete(id);
    this.#made.delete(id);
    this.keys.delete(id);
    for (const { keyIds } of this.plans.values()) keyIds.delete(id);
  }

  /** Asked once per request to a method that needs a key; counts it. */
  admit(apiId: string, stage: string, value: string | undefined): Admission {
    const key = [...this.keys.values()].find((one) => one.enabled && one.value === value);
    const plan = [...this.plans.values()].find(
      ({ keyIds, properties }) =>
        key !== undefined &&
        keyIds.has(key.id) &&
        properties.ApiStages.some((one) => one.ApiId === apiId && one.Stage === stage),
    );
    if (key === undefined || plan === undefined) return 'INVALID_API_KEY';
    const { Throttle, Quota } = plan.properties;
    const account = `${plan.id}/${key.id}`;
    if (Throttle !== undefined && !this.#bucket(account, Throttle).take()) return 'THROTTLED';
    if (Quota !== undefined) {
      const period = `${account}/${periodStart(this.#world.clock.now(), Quota.Period)}`;
      const used = this.#used.get(period) ?? Quota.Offset;
      if (used >= Quota.Limit) return 'QUOTA_EXCEEDED';
      this.#used.set(period, used + 1);
      this.#cancelWrite ??= this.#world.clock.after(WRITE_AFTER_MS, () => this.write());
    }
    return { key };
  }

  /** Writes down what was used, and forgets earlier periods. */
  write(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    const now = this.#world.clock.now();
    const current = new Set(['DAY', 'WEEK', 'MONTH'].map((period) => periodStart(now, period)));
    for (const [period, used] of this.#used) {
      if (current.has(period.split('/')[2] ?? '')) {
        if (this.#stored.get(period) !== used) this.#stored.put(period, used);
      } else {
        this.#used.delete(period);
        this.#stored.delete(period);
      }
    }
  }

  #bucket(
    account: string,
    { RateLimit, BurstLimit }: { RateLimit: number; BurstLimit: number },
  ): TokenBucket {
    let bucket = this.#buckets.get(account);
    if (bucket === undefined) {
      bucket = new TokenBucket(RateLimit, BurstLimit, this.#world.clock);
      this.#buckets.set(account, bucket);
    }
    return bucket;
  }
}

/** Holds up to `burst` tokens and gains `rate` of them a second. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #at: number;

  constructor(rate: number, burst: number, clock: Clock) {
    this.#rate = rate;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#at = clock.now();
  }

  take(): boolean {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#rate);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** First day of the period in UTC; weeks begin on Sunday. */
export function periodStart(now: number, period: string): string {
  const date = new Date(now);
  if (period === 'WEEK') date.setUTCDate(date.getUTCDate() - date.getUTCDay());
  if (period === 'MONTH') date.setUTCDate(1);
  return `${period}-${date.toISOString().slice(0, 10)}`;
}

/** Forty letters and digits, as API Gateway draws them. */
function randomKey(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let value = '';
  while (value.length < 40) {
    // 248 is the greatest multiple of 62 in a byte: what is above would favour the first letters.
    for (const byte of randomBytes(64)) if (byte < 248 && value.length < 40) value += letters[byte % 62];
  }
  return value;
}
