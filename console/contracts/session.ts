/** What the page has to know before anything else. */
export interface Session {
  stack: string;
  region: string;
  /** Whose name is recorded with what this person decides. */
  person: string;
  /** Nothing can be changed. */
  readOnly: boolean;
  /** The emulator on this machine. */
  local: boolean;
  /** Base address of the REST API, for the `curl` line. */
  apiUrl?: string;
}
