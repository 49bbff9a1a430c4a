"""Makes one of Keras's image applications with random weights, and what Keras computes with it.

Writes `model.<format>`, `input.f32` (two images [2, height, width, 3], pixels 0…255, or −1…1
where the network does not rescale pixels itself) and the outputs of two layers,
`map.f32` and `output.f32`, float32 and little endian. Prints one line of JSON: the input's size, the name of the
layer whose map the last global pooling takes (of the last map where there is none), and the outputs' shapes, channels
last.
"""

import argparse
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers


def images(model, count, random):
    rescales = any(isinstance(layer, (layers.Rescaling, layers.Normalization)) for layer in model.layers)
    lowest, highest = (0, 255) if rescales else (-1, 1)
    return random.uniform(lowest, highest, (count, *model.input_shape[1:])).astype("float32")


def randomise(model, random):
    """Weights with which features neither vanish nor explode: normalisations keep what one batch of noise has."""
    normalisations = []
    for layer in every_layer(model):
        if isinstance(layer, layers.BatchNormalization):
            normalisations.append((layer, layer.momentum))
            layer.momentum = 0.0
        for weight in layer.weights:
            name = weight.path.split("/")[-1]
            shape = weight.shape
            if "kernel" in name:
                fan_in = np.prod(shape[:-1]) if "depthwise" not in name else np.prod(shape[:2])
                # The classifier's is smaller, so that no class gets all of the probability.
                gain = 0.1 if layer is model.layers[-1] else 2
                weight.assign(random.normal(0, np.sqrt(gain / fan_in), shape))
            elif name == "gamma":
                weight.assign(random.uniform(0.6, 1.4, shape))
            elif name in ("beta", "bias"):
                weight.assign(random.normal(0, 0.2, shape))
    if normalisations:
        model(images(model, 4, random), training=True)
    for layer, momentum in normalisations:
        layer.momentum = momentum


def every_layer(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from every_layer(layer)
        else:
            yield layer


def last_map(model):
    """The last tensor of four dimensions that is larger than one place, and its layer."""
    maps = [o for o in model.operations if len(o.output.shape) == 4 and o.output.shape[1] > 1]
    return maps[-1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--application", required=True)
    parser.add_argument("--format", choices=["keras", "h5"], default="keras")
    parser.add_argument("--out", required=True)
    parser.add_argument("--size", type=int)
    options = parser.parse_args()
    random = np.random.default_rng(1)
    keras.utils.set_random_seed(1)
    shape = {"input_shape": (options.size, options.size, 3)} if options.size else {}
    model = getattr(keras.applications, options.application)(weights=None, **shape)
    randomise(model, random)
    model.save(os.path.join(options.out, f"model.{options.format}"))

    height, width = model.input_shape[1:3]
    pixels = images(model, 2, random)
    source = last_map(model)
    outputs = keras.Model(model.inputs, [source.output, model.output]).predict(pixels, verbose=0)
    pixels.tofile(os.path.join(options.out, "input.f32"))
    for name, values in zip(["map", "output"], outputs):
        values.astype("<f4").tofile(os.path.join(options.out, f"{name}.f32"))
    print(json.dumps({"height": height, "width": width, "map": source.name, "shapes": [list(o.shape) for o in outputs]}))


main()
