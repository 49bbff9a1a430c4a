import type { DomainFigures } from '../../contracts/domains.ts';

/** Requests of a day and how many of them failed; on the shared endpoint the images that were answered. */
export function Traffic({ figures: { requests, errors, shared } }: { figures: DomainFigures }) {
  return (
    <>
      {requests}
      {shared && <span class="faint"> images, shared endpoint</span>}
      {errors ? <b class="error"> {errors} failed</b> : null}
    </>
  );
}
