"""Reads a model of `graft train` (manifest.json, model.json, weights.bin) into Keras, and folders of images
by label into arrays."""

import json
import math
import os

import numpy as np
import tensorflow as tf
from keras import Model, layers, ops

LAYERS = {
    "Conv2D": lambda c: layers.Conv2D(
        c["filters"],
        c["kernel_size"],
        strides=c["strides"],
        padding=c["padding"],
        use_bias=c["use_bias"],
        activation=c["activation"],
        name=c["name"],
    ),
    "MaxPooling2D": lambda c: layers.MaxPooling2D(
        c["pool_size"], strides=c["strides"], padding=c["padding"], name=c["name"]
    ),
    "BatchNormalization": lambda c: layers.BatchNormalization(
        momentum=c["momentum"], epsilon=c["epsilon"], name=c["name"]
    ),
    "ReLU": lambda c: layers.ReLU(name=c["name"]),
    "Flatten": lambda c: layers.Flatten(name=c["name"]),
    "Dense": lambda c: layers.Dense(c["units"], activation=c["activation"], use_bias=c["use_bias"], name=c["name"]),
}

ORDER = {
    "Conv2D": ["kernel", "bias"],
    "BatchNormalization": ["gamma", "beta", "moving_mean", "moving_variance"],
    "Dense": ["kernel", "bias"],
}


def read_manifest(folder):
    with open(os.path.join(folder, "manifest.json")) as file:
        return json.load(file)


def read_weights(folder, model):
    """Name → array, in the order in which weights.bin holds them."""
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
    """The general model up to its cut layer: normalised images [n, h, w, 3] → features [n, width]."""
    manifest = read_manifest(folder)
    with open(os.path.join(folder, "model.json")) as file:
        model = json.load(file)
    weights = read_weights(folder, model)
    size = manifest["input"]
    inputs = tf.keras.Input((size["height"], size["width"], size["channels"]))
    outputs, built = inputs, []
    for layer in model["modelTopology"]["config"]["layers"]:
        kind, config = layer["class_name"], layer["config"]
        if kind not in LAYERS:
            raise ValueError(f"the peer knows no layer {kind}")
        made = LAYERS[kind](config)
        outputs = made(outputs)
        built.append((kind, made))
        if config["name"] == manifest["cutLayer"]:
            break
    for kind, layer in built:
        names = [f"{layer.name}/{part}" for part in ORDER.get(kind, [])]
        layer.set_weights([weights[name] for name in names if name in weights])
    if len(outputs.shape) == 4:
        outputs = layers.Flatten()(layers.AveragePooling2D([math.ceil(side / 2) for side in outputs.shape[1:3]], padding="same")(outputs))
    return Model(inputs, outputs), manifest


def load_images(folder, size):
    """`<label>/<file>` → ids, pixels in 0…255 [n, h, w, 3], class indices, labels; in the order of names."""
    labels = sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name)))
    ids, pixels, class_indices = [], [], []
    for index, label in enumerate(labels):
        for name in sorted(os.listdir(os.path.join(folder, label))):
            image = tf.io.decode_image(tf.io.read_file(os.path.join(folder, label, name)), channels=3, expand_animations=False)
            if tuple(image.shape[:2]) != (size["height"], size["width"]):
                image = tf.image.resize(image, (size["height"], size["width"]))
            ids.append(f"{label}/{name}")
            pixels.append(ops.convert_to_numpy(image).astype("float32"))
            class_indices.append(index)
    return ids, np.stack(pixels), np.array(class_indices), labels
