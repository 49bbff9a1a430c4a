import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { useSession } from '../session.ts';
import { Problem } from './problem.tsx';

interface ConfirmProps {
  /** On the button, and once more on the one that confirms. */
  label: string;
  tone?: 'good' | 'bad';
  title: string;
  /** Whether a reason may or must be given; it is recorded. */
  reason?: 'may' | 'must';
  /** What it will do. */
  children: ComponentChildren;
  act(reason: string): Promise<void>;
}

/** A button that asks once more and says what it will do. Where nothing can be changed there is none. */
export function Confirm({ label, tone, title, reason, children, act }: ConfirmProps) {
  const { readOnly, person } = useSession();
  const dialog = useRef<HTMLDialogElement>(null);
  const text = useSignal('');
  const error = useSignal<Error | undefined>(undefined);
  const busy = useSignal(false);
  if (readOnly) return null;
  const confirm = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    try {
      await act(text.value.trim());
      dialog.current?.close();
    } catch (caught) {
      error.value = caught as Error;
    } finally {
      busy.value = false;
    }
  };
  return (
    <>
      <button type="button" class={tone} onClick={() => dialog.current?.showModal()}>
        {label}
      </button>
      <dialog ref={dialog} aria-label={title}>
        <form onSubmit={confirm}>
          <h2>{title}</h2>
          <div class="what">{children}</div>
          {reason && (
            <label>
              {reason === 'must' ? 'Reason' : 'Reason, if you like'}
              <textarea
                rows={3}
                maxLength={1000}
                required={reason === 'must'}
                value={text.value}
                onInput={(event) => {
                  text.value = event.currentTarget.value;
                }}
              />
            </label>
          )}
          <p class="faint">Recorded as decided by {person}.</p>
          {error.value && <Problem error={error.value} />}
          <div class="buttons">
            <button type="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="submit" class={tone} disabled={busy.value}>
              {label.replace(/ …$/, '')}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
