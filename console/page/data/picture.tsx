import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Part } from '../../contracts/images.ts';
import { imageAddress } from '../ask.ts';

/** An image of a domain, or why it is not shown. */
export function Picture({ domain, part, id }: { domain: string; part: Part; id: string }) {
  const address = useSignal<string | undefined>(undefined);
  const missing = useSignal('');
  useEffect(() => {
    const gone = new AbortController();
    imageAddress(`/api/domains/${domain}/image/${part}?${new URLSearchParams({ id })}`, gone.signal).then(
      (made) => {
        if (gone.signal.aborted) URL.revokeObjectURL(made);
        else address.value = made;
      },
      (error: Error) => {
        missing.value = error.message;
      },
    );
    return () => {
      gone.abort();
      if (address.value !== undefined) URL.revokeObjectURL(address.value);
    };
  }, [domain, part, id]);
  if (address.value === undefined) return <span class="missing">{missing.value}</span>;
  return <img src={address.value} alt={id} />;
}
