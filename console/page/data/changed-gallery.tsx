import { useSignal } from '@preact/signals';
import type { ChangedImage } from '../../contracts/images.ts';
import { Pager, type Trail } from '../components/pager.tsx';
import { Picture } from './picture.tsx';

const PER_PAGE = 48;

/** Images of any part and label, page by page. */
export function ChangedGallery({ domain, images }: { domain: string; images: readonly ChangedImage[] }) {
  const trail = useSignal<Trail>([undefined]);
  const from = Number(trail.value.at(-1) ?? 0);
  const next = from + PER_PAGE;
  return (
    <>
      <ul class="gallery">
        {images.slice(from, next).map((image) => (
          <li key={`${image.part} ${image.id}`}>
            <Picture domain={domain} {...image} />
            <b>{image.part}</b> {image.id}
          </li>
        ))}
      </ul>
      <Pager trail={trail} next={next < images.length ? String(next) : undefined} />
    </>
  );
}
