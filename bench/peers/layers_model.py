"""Reads a layers model of TensorFlow.js (model.json and its weights), one layer after the other, into Keras, and
folders of images by label into arrays."""

import json
import math
import os

import numpy as np
import tensorflow as tf
from keras import Model, layers, ops

LAYERS = {
    "Conv2D": lambda c: layers.Conv2D(
        c["filters"], c["kernel_size"], strides=c["strides"], padding=c["padding"], use_bias=c["use_bias"],
        activation=c["activation"], name=c["name"],
    ),
    "DepthwiseConv2D": lambda c: layers.DepthwiseConv2D(
        c["kernel_size"], strides=c["strides"], padding=c["padding"], use_bias=c["use_bias"],
        activation=c["activation"], name=c["name"],
    ),
    "ZeroPadding2D": lambda c: layers.ZeroPadding2D(c["padding"], name=c["name"]),
    "BatchNormalization": lambda c: layers.BatchNormalization(
        momentum=c["momentum"], epsilon=c["epsilon"], scale=c["scale"], center=c["center"], name=c["name"]
    ),
    "Activation": lambda c: layers.Activation(c["activation"], name=c["name"]),
}

ORDER = {
    "Conv2D": ["kernel", "bias"],
    "DepthwiseConv2D": ["depthwise_kernel", "bias"],
    "BatchNormalization": ["gamma", "beta", "moving_mean", "moving_variance"],
}


def read_weights(folder, model):
    """Name → array, in the order in which the files hold them."""
    weights = {}
    for group in model["weightsManifest"]:
        data = b"".join(open(os.path.join(folder, path), "rb").read() for path in group["paths"])
        at = 0
        for entry in group["weights"]:
            if entry["dtype"] != "float32":
                raise ValueError(f"{entry['name']} is {entry['dtype']}, not float32")
            count = math.prod(entry["shape"])
            weights[entry["name"]] = np.frombuffer(data, "<f4", count, at).reshape(entry["shape"])
            at += 4 * count
    return weights


def load_backbone(folder):
    """Prepared images [n, height, width, 3] → the map that the last layer gives."""
    with open(os.path.join(folder, "model.json")) as file:
        model = json.load(file)
    weights = read_weights(folder, model)
    chain = model["modelTopology"]["config"]["layers"]
    inputs = tf.keras.Input(chain[0]["config"]["batch_input_shape"][1:])
    outputs, built = inputs, []
    for layer in chain[1:]:
        kind = layer["class_name"]
        if kind not in LAYERS:
            raise ValueError(f"the peer knows no layer {kind}")
        made = LAYERS[kind](layer["config"])
        outputs = made(outputs)
        built.append((kind, made))
    for kind, layer in built:
        names = [f"{layer.name}/{part}" for part in ORDER.get(kind, [])]
        layer.set_weights([weights[name] for name in names if name in weights])
    return Model(inputs, outputs)


def load_images(folder, height, width):
    """`<label>/<file>` → ids, pixels in 0…255 [n, height, width, 3], class indices, labels; in the order of names."""
    labels = sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name)))
    ids, pixels, class_indices = [], [], []
    for index, label in enumerate(labels):
        for name in sorted(os.listdir(os.path.join(folder, label))):
            data = tf.io.read_file(os.path.join(folder, label, name))
            image = tf.io.decode_image(data, channels=3, expand_animations=False)
            image = tf.image.resize(image, (height, width), antialias=True)
            ids.append(f"{label}/{name}")
            pixels.append(ops.convert_to_numpy(image).astype("float32"))
            class_indices.append(index)
    return ids, np.stack(pixels), np.array(class_indices), labels
