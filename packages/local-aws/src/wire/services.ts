import type { Protocol, Service } from '../service.ts';

/** The services of one local AWS by signing name. SageMaker's two APIs share theirs: the protocol tells them apart. */
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
}
