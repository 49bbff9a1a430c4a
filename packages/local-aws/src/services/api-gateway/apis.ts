import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import type { World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import type { MethodProperties } from './properties.ts';

export interface ApiResource {
  id: string;
  parent: string | undefined;
  /** Undefined for the root. */
  part: string | undefined;
  /** As `resource` in the proxy event: `/shops/{shop}`. */
  path: string;
  methods: Map<string, MethodProperties>;
}

/** What the API changes of a stage; on disk, because no template says it. */
export interface StageSettings {
  createdAt: number;
  updatedAt: number;
  description?: string;
  tracingEnabled: boolean;
  tags: Record<string, string>;
}

export interface Stage extends StageSettings {
  name: string;
  deploymentId: string;
  variables: Record<string, string>;
}

export interface Deployment {
  id: string;
  description: string | undefined;
  createdAt: number;
}

export interface GatewayResponse {
  statusCode: number | undefined;
  headers: Record<string, string>;
  template: string | undefined;
}

export interface RestApi {
  id: string;
  name: string;
  description: string | undefined;
  binaryMediaTypes: string[];
  rootId: string;
  resources: Map<string, ApiResource>;
  deployments: Map<string, Deployment>;
  stages: Map<string, Stage>;
  /** By response type, for instance `THROTTLED` or `DEFAULT_4XX`. */
  gatewayResponses: Map<string, GatewayResponse>;
  createdAt: number;
}

/** An id as API Gateway's: ten characters of a–z and 0–9, the same after every restart. */
export function apiGatewayId(...parts: string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return Array.from(digest.subarray(0, 10), (byte) => 'abcdefghijklmnopqrstuvwxyz0123456789'[byte % 36]).join(
    '',
  );
}

/** The REST APIs of the template. */
export class RestApis {
  readonly #byId = new Map<string, RestApi>();
  readonly #world: World;
  readonly #settings: Collection<StageSettings>;

  constructor(world: World) {
    this.#world = world;
    this.#settings = new Collection(join(world.folder('api-gateway'), 'stages'));
  }

  /** Makes the API or changes it; what belongs to it stays. */
  put(api: Pick<RestApi, 'id' | 'name' | 'description' | 'binaryMediaTypes' | 'rootId'>): void {
    const root = { id: api.rootId, parent: undefined, part: undefined, path: '/', methods: new Map() };
    const known = this.#byId.get(api.id) ?? {
      resources: new Map([[api.rootId, root]]),
      deployments: new Map(),
      stages: new Map(),
      gatewayResponses: new Map(),
      createdAt: this.#world.clock.now(),
    };
    this.#byId.set(api.id, { ...known, ...api });
  }

  /** With everything that belongs to it. */
  delete(id: string): void {
    this.#byId.delete(id);
    for (const key of this.#settings.keys(`${id}/`)) this.#settings.delete(key);
  }

  /** Makes the stage, or moves it to another deployment; what was set through the API stays. */
  putStage(api: RestApi, stage: Pick<Stage, 'name' | 'deploymentId' | 'variables'>): void {
    const now = this.#world.clock.now();
    const settings = this.#settings.get(`${api.id}/${stage.name}`) ?? {
      createdAt: now,
      updatedAt: now,
      tracingEnabled: false,
      tags: {},
    };
    this.#settings.put(`${api.id}/${stage.name}`, settings);
    api.stages.set(stage.name, { ...settings, ...stage });
  }

  changeStage(api: RestApi, stage: Stage, changes: Partial<StageSettings>): Stage {
    const { name, deploymentId, variables, ...settings } = {
      ...stage,
      ...changes,
      updatedAt: this.#world.clock.now(),
    };
    this.#settings.put(`${api.id}/${name}`, settings);
    const changed = { name, deploymentId, variables, ...settings };
    api.stages.set(name, changed);
    return changed;
  }

  deleteStage(api: RestApi, name: string): void {
    api.stages.delete(name);
    this.#settings.delete(`${api.id}/${name}`);
  }

  list(): RestApi[] {
    return [...this.#byId.values()];
  }

  find(id: string): RestApi | undefined {
    return this.#byId.get(id);
  }

  /** @throws InvalidInputError from a template that refers to none */
  get(id: string): RestApi {
    const api = this.#byId.get(id);
    if (api === undefined) throw new InvalidInputError(`There is no REST API "${id}"`);
    return api;
  }

  resource(apiId: string, id: string): ApiResource {
    const resource = this.get(apiId).resources.get(id);
    if (resource === undefined) throw new InvalidInputError(`REST API "${apiId}" has no resource "${id}"`);
    return resource;
  }
}

/** What a request's path means in an API. */
export interface MatchedRoute {
  resource: ApiResource;
  method: MethodProperties;
  /** Percent-decoded. */
  pathParameters: Record<string, string>;
}

/**
 * Finds the method for a path. A literal part comes before `{name}`, that before `{name+}`; the method itself
 * before `ANY`.
 *
 * @param segments of the path below the stage, percent-encoded as sent
 */
export function matchRoute(
  api: RestApi,
  segments: readonly string[],
  httpMethod: string,
): MatchedRoute | undefined {
  const walk = (
    resource: ApiResource,
    rest: readonly string[],
    found: Record<string, string>,
  ): MatchedRoute | undefined => {
    if (rest.length === 0) {
      const method = resource.methods.get(httpMethod) ?? resource.methods.get('ANY');
      return method === undefined ? undefined : { resource, method, pathParameters: found };
    }
    const children = [...api.resources.values()].filter((one) => one.parent === resource.id);
    const [head = '', ...tail] = rest;
    for (const child of children.sort((a, b) => rank(a) - rank(b))) {
      const variable = /^\{(.+?)(\+?)\}$/.exec(child.part ?? '');
      if (variable === null) {
        const match = child.part === decode(head) ? walk(child, tail, found) : undefined;
        if (match !== undefined) return match;
      } else if (head !== '') {
        const [, name = '', greedy] = variable;
        const value = greedy === '+' ? rest.map(decode).join('/') : decode(head);
        const match = walk(child, greedy === '+' ? [] : tail, { ...found, [name]: value });
        if (match !== undefined) return match;
      }
    }
    return undefined;
  };
  const root = api.resources.get(api.rootId);
  return root === undefined ? undefined : walk(root, segments, {});
}

function rank({ part = '' }: ApiResource): number {
  if (part.endsWith('+}')) return 2;
  return part.startsWith('{') ? 1 : 0;
}

/** A part that is no valid percent-encoding stays as it is. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
