import { InvalidInputError } from '#core/errors.ts';

/** Bytes a second; `Infinity` is no limit, 0 is a pause. */
export type Rate = number;

interface Period {
  /** Minutes since midnight; `to` may be earlier than `from`, over midnight. */
  from: number;
  to: number;
  rate: Rate;
}

/** A limit that may depend on the time of day. */
export interface Bandwidth {
  text: string;
  periods: readonly Period[];
  otherwise: Rate;
}

export const UNLIMITED: Bandwidth = {
  text: 'unlimited',
  periods: [],
  otherwise: Number.POSITIVE_INFINITY,
};

const UNITS: Record<string, number> = { '': 1, K: 1e3, M: 1e6, G: 1e9 };
const EXAMPLE = 'for instance "10M", or "08:00-18:00=10M,unlimited"';

/**
 * Reads a limit: parts with commas between them, each `[HH:MM-HH:MM=]RATE`. The first period that holds
 * decides; a rate without a period is for all other times. A rate is in bytes a second with `K`, `M` or `G`
 * for powers of 1,000; `unlimited`; or `off`, which stops uploads meanwhile.
 *
 * @throws InvalidInputError naming the part that is wrong
 */
export function parseBandwidth(text: string, what = 'The bandwidth'): Bandwidth {
  const wrong = (part: string, why: string) =>
    new InvalidInputError(`${what} is "${text}": in "${part}" ${why}`, { hint: `Write ${EXAMPLE}.` });
  const periods: Period[] = [];
  let otherwise: Rate | undefined;
  for (const part of text.split(',').map((each) => each.trim())) {
    const at = part.indexOf('=');
    const rate = rateOf(at < 0 ? part : part.slice(at + 1).trim());
    if (rate === undefined) throw wrong(part, 'there is no rate such as 500K, 10M, 1G, unlimited or off');
    if (at < 0) {
      if (otherwise !== undefined) throw wrong(part, 'a second rate without a period could never hold');
      otherwise = rate;
      continue;
    }
    if (otherwise !== undefined) throw wrong(part, 'a period comes after the rate for all other times');
    const [from, to, ...more] = part.slice(0, at).split('-').map(minutesOf);
    if (from === undefined || to === undefined || more.length > 0) {
      throw wrong(part, 'the period is not such as 08:00-18:00');
    }
    if (from === to) throw wrong(part, 'the period is empty: its ends are the same');
    periods.push({ from, to, rate });
  }
  return { text, periods, otherwise: otherwise ?? Number.POSITIVE_INFINITY };
}

function rateOf(text: string): Rate | undefined {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY;
  if (text === 'off') return 0;
  const match = /^(\d+(?:\.\d+)?)([KMG]?)$/i.exec(text);
  if (match === null) return undefined;
  const rate = Number(match[1]) * UNITS[match[2]!.toUpperCase()]!;
  return rate >= 1 ? rate : undefined;
}

function minutesOf(text: string): number | undefined {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  if (match === null) return undefined;
  const [hours, minutes] = [Number(match[1]), Number(match[2])];
  return hours < 24 && minutes < 60 ? hours * 60 + minutes : undefined;
}

/** The limit at a time of day, in minutes since local midnight. */
export function rateAt({ periods, otherwise }: Bandwidth, minutes: number): Rate {
  const now = periods.find(({ from, to }) =>
    from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to,
  );
  return now?.rate ?? otherwise;
}

export const minutesOfDay = (date: Date): number => date.getHours() * 60 + date.getMinutes();
