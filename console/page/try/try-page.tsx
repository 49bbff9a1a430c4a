import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { IMAGE_NAMES, IMAGE_TYPES } from '#core/image-files.ts';
import type { Tried } from '../../contracts/prediction.ts';
import { sendImage } from '../ask.ts';
import { BackTo } from '../components/back-to.tsx';
import { Heading } from '../components/heading.tsx';
import { Problem } from '../components/problem.tsx';
import { AnswerView } from './answer-view.tsx';
import { Camera } from './camera.tsx';
import { Comparison } from './comparison.tsx';
import { CurlLine } from './curl-line.tsx';

interface Shown {
  image: File;
  /** Of the picture, for `<img>`. */
  address: string;
  tried?: Tried & { totalMs: number };
  error?: Error;
}

/** Asks a domain's endpoint about an image: dropped, pasted, chosen, or taken with the camera. */
export function TryPage({ domain }: { domain: string }) {
  const shown = useSignal<Shown | undefined>(undefined);
  const over = useSignal(false);
  const ask = async (image: File | null | undefined) => {
    if (!image) return;
    if (shown.value) URL.revokeObjectURL(shown.value.address);
    const asked: Shown = { image, address: URL.createObjectURL(image) };
    shown.value = asked;
    const began = performance.now();
    try {
      const tried = await sendImage<Tried>(`/api/domains/${domain}/predict`, image);
      if (shown.value === asked)
        shown.value = { ...asked, tried: { ...tried, totalMs: performance.now() - began } };
    } catch (error) {
      if (shown.value === asked) shown.value = { ...asked, error: error as Error };
    }
  };
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => void ask(clipboardData?.files[0]);
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, [domain]);
  const { image, address, tried, error } = shown.value ?? {};
  return (
    <>
      <Heading title={`Try ${domain}`} />
      <BackTo domain={domain} />
      <label
        class={`drop ${over.value ? 'over' : ''}`}
        onDragOver={(event) => {
          event.preventDefault();
          over.value = true;
        }}
        onDragLeave={() => {
          over.value = false;
        }}
        onDrop={(event) => {
          event.preventDefault();
          over.value = false;
          void ask(event.dataTransfer?.files[0]);
        }}
      >
        <input
          type="file"
          accept={IMAGE_TYPES.join(',')}
          onChange={(event) => void ask(event.currentTarget.files?.[0])}
        />
        Drop an image here, paste one, or choose a file: {IMAGE_NAMES}.
      </label>
      <Camera onPicture={(picture) => void ask(picture)} />
      <div class="tried" aria-live="polite">
        {address && image && <img src={address} alt={image.name} />}
        {error && <Problem error={error} />}
        {image && !tried && !error && <p>Asking …</p>}
        {tried && <AnswerView tried={tried} />}
      </div>
      {image && tried && <Comparison domain={domain} image={image} />}
      {image && <CurlLine domain={domain} image={image} />}
    </>
  );
}
