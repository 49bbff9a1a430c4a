/** How far a piece of work is. */
export interface Moment {
  done: number;
  total: number;
  /** What is counted, for instance `img`; `B` is shown as kB, MB, GB. Empty: no speed is shown. */
  unit: string;
  /** Units per second; measured over the whole time when left out. */
  rate?: number;
  /** Estimated from the rate when left out. */
  secondsLeft?: number;
  /** Short texts to show beside the bar, for instance `epoch 2/5`. */
  notes?: readonly string[];
  /** The same as numbers, for `--json`. */
  details?: Readonly<Record<string, number>>;
}

const BAR_WIDTH = 24;

/**
 * @param columns the line is shorter than this, since a wrapped line cannot be redrawn; notes that do not fit
 *   are left out, the last one first
 * @example `train  ███████████░░░░░░░░░░░░░   46 %  epoch 4/5  412 img/s  00:21 left`
 */
export function renderBar(label: string, moment: Moment, seconds: number, columns: number): string {
  const { done, total, unit, notes = [] } = moment;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const rate = moment.rate ?? (seconds > 0 ? done / seconds : 0);
  const left = moment.secondsLeft ?? (rate > 0 ? (total - done) / rate : undefined);
  const filled = Math.round(share * BAR_WIDTH);
  const parts = [
    label,
    '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled),
    `${Math.round(share * 100)} %`.padStart(5),
    ...notes,
    unit === '' ? '' : `${formatAmount(rate, unit)}/s`,
    left === undefined || unit === '' ? '' : `${formatDuration(left)} left`,
  ].filter((part) => part !== '');
  const room = Math.max(20, columns - 1);
  while (parts.length > 3 && parts.join('  ').length > room) parts.pop();
  return [...parts.join('  ')].slice(0, room).join('');
}

/** @example 21 → `00:21`, 3725 → `1:02:05` */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return `${hours > 0 ? `${hours}:` : ''}${two(minutes)}:${two(whole % 60)}`;
}

/** @example (412.4, 'img') → `412 img`, (412_400, 'B') → `412.4 kB` */
export function formatAmount(amount: number, unit: string): string {
  if (unit !== 'B') return `${amount >= 10 ? Math.round(amount) : amount.toFixed(1)} ${unit}`;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let index = 0;
  let value = amount;
  while (value >= 1000 && index < units.length - 1) {
    value /= 1000;
    index++;
  }
  return `${index === 0 ? Math.round(value) : value.toFixed(1)} ${units[index]}`;
}
