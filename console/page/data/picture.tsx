import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ChangedImage } from '../../contracts/images.ts';
import { imageAddress } from '../ask.ts';

/** An image of a domain, or why it is not shown. */
export function Picture({ domain, part, id, version }: ChangedImage & { domain: string }) {
  const address = useSignal<string | undefined>(undefined);
  const missing = useSignal('');
  useEffect(() => {
    const gone = new AbortController();
    imageAddress(
      `/api/domains/${domain}/image/${part}?${new URLSearchParams({ id, ...(version === undefined ? {} : { version }) })}`,
      gone.signal,
    ).then(
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
  }, [domain, part, id, version]);
  if (address.value === undefined) return <span class="missing">{missing.value}</span>;
  return <img src={address.value} alt={id} />;
}
