import type {
  BusEvent,
  FormAnswer,
  FormRequest,
  GuardedRequest,
  Operation,
  RequestContext,
  ResourceType,
  RouteHandler,
  ServiceFactory,
  ServiceFacts,
  World,
} from './service.ts';

/** An operation of a service. It gets what the service keeps, the operation's input, and the request. */
// biome-ignore lint/suspicious/noExplicitAny: each operation narrows with the SDK's own types
type OperationOn<Context> = (context: Context, input: any, request: RequestContext) => unknown;

/** The definition of an AWS service. `Service` documents what each part is for. */
export interface ServiceDefinition<Context> extends ServiceFacts {
  /** Creates what the operations work on, once for each local AWS. */
  createContext(world: World): Context;
  /** By name. An operation that is not here is refused. */
  operations: Record<string, OperationOn<Context>>;
  /** Called before every operation. Throws to refuse the input. */
  checkInput?(context: Context, input: object): void;
  resources?(context: Context): Record<string, ResourceType>;
  routes?(context: Context): Record<string, RouteHandler>;
  postForm?(context: Context, request: FormRequest): Promise<FormAnswer>;
  onBusEvent?(context: Context, event: BusEvent): void;
  guard?(context: Context, request: GuardedRequest): ((error: unknown) => unknown) | undefined;
  start?(context: Context): Promise<void> | void;
  stop?(context: Context): Promise<void> | void;
}

/** Makes a service: `createSqs = defineService({ … })`. */
export function defineService<Context>(definition: ServiceDefinition<Context>): ServiceFactory {
  const { createContext, operations, checkInput, resources, routes, ...others } = definition;
  const { postForm, onBusEvent, guard, start, stop, ...facts } = others;
  return (world) => {
    const context = createContext(world);
    const bound = Object.entries(operations).map(([name, run]): [string, Operation] => [
      name,
      (input, request) => {
        checkInput?.(context, input);
        return run(context, input, request);
      },
    ]);
    return {
      ...facts,
      operations: Object.fromEntries(bound),
      ...(resources === undefined ? {} : { resources: resources(context) }),
      ...(routes === undefined ? {} : { routes: routes(context) }),
      ...(postForm === undefined ? {} : { postForm: (request) => postForm(context, request) }),
      ...(onBusEvent === undefined ? {} : { onBusEvent: (event) => onBusEvent(context, event) }),
      ...(guard === undefined ? {} : { guard: (request) => guard(context, request) }),
      ...(start === undefined ? {} : { start: () => start(context) }),
      ...(stop === undefined ? {} : { stop: () => stop(context) }),
    };
  };
}
