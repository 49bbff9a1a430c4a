/** What one check has found. An `error` stops a training or an upload, a `warning` does not. */
export interface Finding {
  section: 'machine' | 'disk' | 'aws' | 'keys' | 'spool';
  check: string;
  status: 'ok' | 'warning' | 'error' | 'skipped';
  /** One line. */
  message: string;
  /** What a person can do about it. */
  remedy?: string;
}

export type Report = (status: Finding['status'], message: string, remedy?: string) => void;

/** Collects findings, and tells each one as it is found. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #tell: (finding: Finding) => void;

  constructor(tell: (finding: Finding) => void) {
    this.#tell = tell;
  }

  add(finding: Finding): void {
    this.all.push(finding);
    this.#tell(finding);
  }

  /** The function with which one check reports. */
  of(section: Finding['section'], check: string): Report {
    return (status, message, remedy) =>
      this.add({ section, check, status, message, ...(remedy === undefined ? {} : { remedy }) });
  }

  count(status: Finding['status']): number {
    return this.all.filter((finding) => finding.status === status).length;
  }
}
