const UNITS: readonly [seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

/** How long ago something was; the exact time when pointed at. */
export function Moment({ at }: { at: string }) {
  const seconds = (Date.parse(at) - Date.now()) / 1000;
  const [size, unit] = UNITS.find(([least]) => Math.abs(seconds) >= least) ?? [1, 'second'];
  return (
    <time dateTime={at} title={at.replace('T', ' ').replace(/\.\d+Z/, ' UTC')}>
      {words.format(Math.round(seconds / size), unit)}
    </time>
  );
}
