const KEY = 'graft-token';

/**
 * The token that stands in the fragment of the address that `graft console` prints. It stays in this tab, and
 * leaves the address at once, so that it is in no history and in no picture of the screen.
 */
export function takeToken(): string {
  const given = location.hash.slice(1);
  if (/^[\w-]{16,}$/.test(given)) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(KEY) ?? '';
}
