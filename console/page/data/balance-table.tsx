import type { Signal } from '@preact/signals';
import type { DomainImages, Part } from '../../contracts/images.ts';

interface BalanceTableProps {
  images: DomainImages;
  shown: Signal<{ part: Part; label: string } | undefined>;
}

/** Images of each label, and buttons that show them. */
export function BalanceTable({ images: { labels, other }, shown }: BalanceTableProps) {
  const most = Math.max(1, ...labels.map(({ train }) => train));
  const show = (part: Part, label: string, count: number) => (
    <button
      type="button"
      class="count"
      aria-label={`Show ${count} images: ${part} ${label}`}
      onClick={() => {
        shown.value = { part, label };
      }}
    >
      {count}
    </button>
  );
  return (
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Label</th>
          <th scope="col">Training images</th>
          <th scope="col">Test images</th>
          <th scope="col">Since the last promotion</th>
        </tr>
      </thead>
      <tbody>
        {labels.map(({ label, train, test, fresh }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td data-name="Training images">
              {show('train', label, train)}{' '}
              <meter aria-label={`${label}, training images`} max={most} value={train} />
            </td>
            <td data-name="Test images">{show('test', label, test)}</td>
            <td data-name="Since the last promotion">{fresh === 0 ? 'nothing new' : `${fresh} new`}</td>
          </tr>
        ))}
        {other > 0 && (
          <tr>
            <th scope="row">none of the classes</th>
            <td data-name="Images">{show('other', '', other)}</td>
            <td />
            <td />
          </tr>
        )}
      </tbody>
    </table>
  );
}
