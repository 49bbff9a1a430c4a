"""Makes one of Keras's image applications with random weights, and what Keras computes with it.

Writes `model.<format>`, `input.f32` (two images [2, 3, height, width], pixels 0…255, or −1…1 where the network does
not rescale pixels itself) and `features.f32`: what the classifier takes, means over places where that is a map; all
float32, little endian. Prints the names of the three files as one line of JSON.
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


def before_classifier(model):
    """What the last layer with a kernel takes."""
    weighted = [layer for layer in model.layers if any("kernel" in weight.path for weight in layer.weights)]
    return weighted[-1].input


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--application", required=True)
    parser.add_argument("--format", choices=["keras", "h5"], default="keras")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    random = np.random.default_rng(1)
    keras.utils.set_random_seed(1)
    application = getattr(keras.applications, options.application)
    model = application(weights=None)
    if None in model.input_shape[1:]:
        model = application(weights=None, input_shape=(224, 224, 3))
    randomise(model, random)
    model.save(os.path.join(options.out, f"model.{options.format}"))

    pixels = images(model, 2, random)
    features = keras.Model(model.inputs, before_classifier(model)).predict(pixels, verbose=0)
    if features.ndim == 4:
        features = features.mean(axis=(1, 2))
    for name, values in [("input", pixels.transpose(0, 3, 1, 2)), ("features", features)]:
        np.ascontiguousarray(values, dtype="<f4").tofile(os.path.join(options.out, f"{name}.f32"))
    print(json.dumps({"model": f"model.{options.format}", "input": "input.f32", "features": "features.f32"}))


main()
