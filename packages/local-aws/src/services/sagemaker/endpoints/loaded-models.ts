import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../../../service.ts';
import { unpack } from '../archive.ts';
import { askContainer } from '../ask-container.ts';
import { parseS3Uri, type S3Files } from '../s3-files.ts';

/** A container of a multi-model endpoint, as it runs now. */
export interface ModelHost {
  files: S3Files;
  /** S3 URI below which all target models lie. */
  prefix: string;
  /** The folder that the container knows as `/opt/ml/models`. */
  folder: string;
  address: string;
}

/** A container's own refusal to load a model. */
export class LoadFailure extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface Loaded {
  name: string;
  ready: Promise<void>;
  /** Requests under way. */
  used: number;
}

/**
 * The models that a container has loaded, each since it was first asked. Where the container has no memory
 * for one more (507), those that were not used for longest are unloaded.
 */
export class LoadedModels {
  readonly #host: ModelHost;
  /** By target model, in the order of their last use. */
  readonly #loaded = new Map<string, Loaded>();

  constructor(host: ModelHost) {
    this.#host = host;
  }

  get address(): string {
    return this.#host.address;
  }

  /**
   * Runs a request to a target model, which stays loaded meanwhile.
   *
   * @throws ServiceError ValidationError when there is no such object, LoadFailure
   */
  async use<T>(target: string, ask: (name: string) => Promise<T>): Promise<T> {
    const found = this.#loaded.get(target) ?? this.#load(target);
    this.#loaded.delete(target);
    this.#loaded.set(target, found);
    found.used += 1;
    try {
      await found.ready;
      return await ask(found.name);
    } finally {
      found.used -= 1;
    }
  }

  #load(target: string): Loaded {
    // SageMaker's names are opaque, too.
    const name = createHash('sha256').update(target).digest('hex').slice(0, 32);
    const loaded: Loaded = { name, used: 0, ready: this.#fetchAndLoad(target, name) };
    loaded.ready.catch(() => {
      if (this.#loaded.get(target) === loaded) this.#loaded.delete(target);
    });
    return loaded;
  }

  async #fetchAndLoad(target: string, name: string): Promise<void> {
    const { files, prefix, folder } = this.#host;
    const { bucket, key: base } = parseS3Uri(prefix);
    const key = `${base.replace(/\/?$/, '/')}${target.replace(/^\//, '')}`;
    const model = join(folder, name, 'model');
    const archive = join(folder, name, 'archive');
    try {
      await files.download({ bucket, key }, archive);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      throw new ServiceError(
        'ValidationError',
        `Failed to download model data(bucket: ${bucket}, key: ${key}). Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the model. (${error.message})`,
      );
    }
    try {
      await unpack(archive, model).catch((error: Error) => {
        throw new LoadFailure(500, `The model cannot be unpacked (${error.message})`);
      });
      await rm(archive, { force: true });
      await this.#ask(name, model);
    } catch (error) {
      await rm(join(folder, name), { recursive: true, force: true });
      throw error;
    }
  }

  async #ask(name: string, url: string): Promise<void> {
    for (;;) {
      const response = await askContainer(`${this.address}/models`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model_name: name, url }),
      });
      const text = await response.text();
      // It is loaded already: the request before was lost.
      if (response.ok || response.status === 409) return;
      if (response.status !== 507 || !(await this.#unloadOldest()))
        throw new LoadFailure(response.status, text);
    }
  }

  /** @returns false when every loaded model has requests */
  async #unloadOldest(): Promise<boolean> {
    const idle = [...this.#loaded].find(([, { used }]) => used === 0);
    if (idle === undefined) return false;
    const [target, { name }] = idle;
    this.#loaded.delete(target);
    await askContainer(`${this.address}/models/${name}`, { method: 'DELETE' });
    await rm(join(this.#host.folder, name), { recursive: true, force: true });
    return true;
  }
}
