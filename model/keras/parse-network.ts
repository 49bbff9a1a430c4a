import { InvalidInputError } from '#core/errors.ts';
import { isOperation, type Layer, type Network, type Place, Reference } from './network.ts';
import { isRecord, parseCalls, parseReferences } from './parse-references.ts';
import { EXPORT_HINT } from './unsupported.ts';

const FUNCTIONAL = ['Functional', 'Model'];
/** How deep models may lie in one another. */
const MAX_DEPTH = 16;

/**
 * Reads a model's configuration: `{class_name, config}`, as every file of Keras has it.
 *
 * @throws InvalidInputError when the model is subclassed, or the configuration has not the agreed form
 */
export function parseNetwork(configuration: unknown): Network {
  return network(configuration, { names: [], group: '' });
}

function network(configuration: unknown, place: Place): Network {
  if (!isRecord(configuration)) throw noModel();
  const { class_name: className, config } = configuration;
  const name = place.names.at(-1) ?? (isRecord(config) ? String(config.name ?? 'model') : 'model');
  if (place.names.length > MAX_DEPTH) {
    throw new InvalidInputError(`Models lie more than ${MAX_DEPTH} deep in one another at "${name}"`);
  }
  if (className === 'Sequential') return sequential(config, name, place);
  if (isRecord(config) && Array.isArray(config.layers) && FUNCTIONAL.includes(String(className))) {
    const layers = layersOf(config.layers, place);
    return {
      name,
      layers: byName(layers, name),
      inputs: parseReferences(config.input_layers, name),
      outputs: parseReferences(config.output_layers, name),
    };
  }
  if (typeof className !== 'string') throw noModel();
  throw new InvalidInputError(
    `The model "${name}" is a subclass (${className}): its file does not say what it computes`,
    { hint: EXPORT_HINT },
  );
}

/** In a sequential model each layer takes what the one before it gives. */
function sequential(config: unknown, name: string, place: Place): Network {
  // The first versions of Keras 2 write the list alone.
  const list = Array.isArray(config) ? config : isRecord(config) ? config.layers : undefined;
  if (!Array.isArray(list)) throw noModel();
  const layers = layersOf(list, place);
  const first = layers[0];
  if (!first) throw new InvalidInputError(`The model "${name}" has no layers`);
  if (first.className !== 'InputLayer') {
    const shape =
      first.config.batch_input_shape ??
      (isRecord(config) ? config.build_input_shape : undefined) ??
      (first.network ? inputShape(first.network) : undefined);
    layers.unshift({
      name: `${name}_input`,
      className: 'InputLayer',
      module: 'keras.layers',
      config: { batch_input_shape: shape },
      calls: [],
      place,
    });
  }
  const chained = layers.map((layer, index) => {
    if (index === 0) return layer;
    return { ...layer, calls: [{ arguments: [new Reference(layers[index - 1]!.name, 0, 0)], named: {} }] };
  });
  return {
    name,
    layers: byName(chained, name),
    inputs: [new Reference(layers[0]!.name, 0, 0)],
    outputs: [new Reference(layers.at(-1)!.name, 0, 0)],
  };
}

/** The shape of a network's only input, [n, height, width, channels]; undefined when it does not say. */
export function inputShape(of: Network): unknown {
  const config = of.layers.get(of.inputs[0]?.layer ?? '')?.config;
  return config?.batch_shape ?? config?.batch_input_shape;
}

function layersOf(list: unknown[], place: Place): Layer[] {
  const counts = new Map<string, number>();
  return list.map((entry) => {
    if (!isRecord(entry) || typeof entry.class_name !== 'string' || !isRecord(entry.config)) throw noModel();
    const name = String(entry.name ?? entry.config.name ?? entry.class_name);
    const module = typeof entry.module === 'string' ? entry.module : '';
    // A custom class that is registered is written as `package>Class`.
    const className = entry.class_name.split('>').at(-1)!;
    const own: Place = {
      names: [...place.names, name],
      group: `${place.group}${place.group ? '/' : ''}layers/${
        isOperation(module) ? '' : numbered(snakeCase(className), counts)
      }`,
    };
    const nested =
      className === 'Sequential' || FUNCTIONAL.includes(className) || Array.isArray(entry.config.layers);
    return {
      name,
      className,
      module,
      config: entry.config,
      calls: parseCalls(entry.inbound_nodes, name),
      place: own,
      ...(nested ? { network: network(entry, own) } : {}),
    };
  });
}

/** As Keras names the groups of its files: the second layer of a class gets the number 1. */
function numbered(name: string, counts: Map<string, number>): string {
  const count = counts.get(name) ?? 0;
  counts.set(name, count + 1);
  return count === 0 ? name : `${name}_${count}`;
}

/** As Keras makes names of classes: `DepthwiseConv2D` becomes "depthwise_conv2d". */
const snakeCase = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

function byName(layers: readonly Layer[], model: string): Map<string, Layer> {
  const map = new Map(layers.map((layer) => [layer.name, layer]));
  if (map.size !== layers.length) {
    throw new InvalidInputError(`Two layers of the model "${model}" have the same name`);
  }
  return map;
}

const noModel = () =>
  new InvalidInputError("The configuration is none of a Keras model's layers", {
    hint: 'Save the whole model with `model.save`, not its weights alone.',
  });
