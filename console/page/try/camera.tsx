import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

/** Takes a picture with the machine's camera. Nothing is recorded until the button is pressed. */
export function Camera({ onPicture }: { onPicture(picture: File): void }) {
  const stream = useSignal<MediaStream | undefined>(undefined);
  const error = useSignal('');
  const ready = useSignal(false);
  const video = useRef<HTMLVideoElement>(null);
  const stop = () => {
    for (const track of stream.value?.getTracks() ?? []) track.stop();
    stream.value = undefined;
  };
  useEffect(() => stop, []);
  useEffect(() => {
    if (video.current && stream.value) video.current.srcObject = stream.value;
  }, [stream.value]);
  if (!navigator.mediaDevices) return null;
  const open = async () => {
    error.value = '';
    ready.value = false;
    try {
      stream.value = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    } catch (caught) {
      error.value = `There is no camera to use: ${(caught as Error).message}`;
    }
  };
  const take = () => {
    const { videoWidth, videoHeight } = video.current!;
    const canvas = Object.assign(document.createElement('canvas'), {
      width: videoWidth,
      height: videoHeight,
    });
    canvas.getContext('2d')!.drawImage(video.current!, 0, 0);
    canvas.toBlob((blob) => {
      if (blob) onPicture(new File([blob], 'camera.jpg', { type: 'image/jpeg' }));
    }, 'image/jpeg');
    stop();
  };
  if (stream.value === undefined) {
    return (
      <div class="buttons">
        <button type="button" onClick={() => void open()}>
          Use the camera
        </button>
        {error.value && <span role="alert">{error.value}</span>}
      </div>
    );
  }
  return (
    <div class="camera">
      {/* biome-ignore lint/a11y/useMediaCaption: a live picture without sound. */}
      <video
        ref={video}
        autoPlay
        playsInline
        onLoadedData={() => {
          ready.value = true;
        }}
      />
      <div class="buttons">
        <button type="button" class="good" disabled={!ready.value} onClick={take}>
          Take the picture
        </button>
        <button type="button" onClick={stop}>
          Close the camera
        </button>
      </div>
    </div>
  );
}
