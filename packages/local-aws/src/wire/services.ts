import type { Protocol, Service } from '../service.ts';

/** The services of a local AWS. SageMaker's two APIs share a signing name; their protocols differ. */
export class Services {
  readonly #all: Service[] = [];

  add(service: Service): void {
    this.#all.push(service);
  }

  all(): readonly Service[] {
    return this.#all;
  }

  /** @param protocols those that the request can be speaking */
  speaking(signingName: string, protocols: readonly Protocol[]): Service | undefined {
    return this.#all.find(
      (service) => service.signingName === signingName && protocols.includes(service.protocol),
    );
  }

  /** The service of that signing name whose model has the operation. */
  withOperation(signingName: string, operation: string): Service | undefined {
    return this.#all.find(
      (service) => service.signingName === signingName && service.schemas[`${operation}$`] !== undefined,
    );
  }

  ofTarget(prefix: string): Service | undefined {
    return this.#all.find(({ targetPrefix }) => targetPrefix === prefix);
  }

  ofQueryVersion(version: string): Service | undefined {
    return this.#all.find(({ queryVersion }) => queryVersion === version);
  }

  /** The service that an unsigned request's path belongs to. */
  ofPath(path: string): Service | undefined {
    return this.#all.find(({ paths = [] }) => paths.some((pattern) => pattern.test(path)));
  }

  /** The service whose host name it is, and the path that the name stands for. */
  onHost(host: string | undefined): { service: Service; path: string } | undefined {
    for (const service of this.#all) {
      const path = service.pathOfHost?.(host);
      if (path !== undefined) return { service, path };
    }
    return undefined;
  }

  /** The service of requests that name none. */
  default(): Service | undefined {
    return this.#all.find(({ isDefault }) => isDefault);
  }
}
