"""Networks of model/network/ as Keras defines them, for test/model/network/keras-definition.test.ts and keras_train.py.

usage: keras_networks.py TASK, where TASK names a JSON file: a list of
{name, size, width, labels, weights, image, layers: [{name, shapes}]}. `weights` and `image` are files of 32-bit floats; the weights follow
the order of `layers`. Prints a list of {parameters, features, probabilities}.

Where `keras.applications` has the network (sizes above 64), it is used as it is. Small sizes and ResNet-18 are written down here, from
the papers' tables and the usual variant for CIFAR.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import keras
from keras import layers


def conv_bn(x, filters, kernel, stride, name, bn, epsilon, bias=False, padding="same"):
    x = layers.Conv2D(filters, kernel, strides=stride, padding=padding, use_bias=bias, name=name)(x)
    return layers.BatchNormalization(epsilon=epsilon, name=bn)(x)


def resnet(depth, size, width, labels):
    epsilon, bias = (1e-5, False) if depth == 18 else (1.001e-5, True)
    base = divisible(64 * width)
    image = keras.Input((size, size, 3))
    if size <= 64:
        x = conv_bn(image, base, 3, 1, "conv1_conv", "conv1_bn", epsilon, bias)
        x = layers.ReLU()(x)
    else:
        x = layers.ZeroPadding2D(3)(image)
        x = conv_bn(x, base, 7, 2, "conv1_conv", "conv1_bn", epsilon, bias, "valid")
        x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(layers.ReLU()(x)))
    for stage, blocks in enumerate([2, 2, 2, 2] if depth == 18 else [3, 4, 6, 3]):
        for block in range(blocks):
            name = f"conv{stage + 2}_block{block + 1}"
            stride = 2 if block == 0 and stage > 0 else 1
            part = lambda number: (f"{name}_{number}_conv", f"{name}_{number}_bn", epsilon, bias)
            filters = base * 2**stage
            shortcut = x
            if block == 0 and (stage > 0 or depth == 50):
                shortcut = conv_bn(x, filters * (1 if depth == 18 else 4), 1, stride, *part(0), "valid")
            if depth == 18:
                y = layers.ZeroPadding2D(1)(x)
                y = layers.ReLU()(conv_bn(y, filters, 3, stride, *part(1), "valid"))
                y = conv_bn(y, filters, 3, 1, *part(2))
            else:
                y = layers.ReLU()(conv_bn(x, filters, 1, stride, *part(1), "valid"))
                y = layers.ReLU()(conv_bn(y, filters, 3, 1, *part(2)))
                y = conv_bn(y, 4 * filters, 1, 1, *part(3))
            x = layers.ReLU()(layers.Add()([shortcut, y]))
    return finish(image, x, labels)


def mobilenet_v2(size, width, labels):
    """For sizes up to 64: strides of 1 in the first convolution and the second stage."""
    image = keras.Input((size, size, 3))
    relu6 = lambda x: layers.ReLU(6.0)(x)
    x = relu6(conv_bn(image, divisible(32 * width), 3, 1, "Conv1", "bn_Conv1", 1e-3))
    number = 0
    for t, c, n, s in [(1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
        for i in range(n):
            name = f"block_{number}" if number else "expanded_conv"
            stride, before = s if i == 0 else 1, x
            if t > 1:
                x = relu6(conv_bn(x, t * before.shape[-1], 1, 1, f"{name}_expand", f"{name}_expand_BN", 1e-3))
            if stride == 2:
                x = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
            x = layers.DepthwiseConv2D(3, stride, "same" if stride == 1 else "valid", use_bias=False, name=f"{name}_depthwise")(x)
            x = relu6(layers.BatchNormalization(epsilon=1e-3, name=f"{name}_depthwise_BN")(x))
            x = conv_bn(x, divisible(int(c * width)), 1, 1, f"{name}_project", f"{name}_project_BN", 1e-3)
            if stride == 1 and before.shape[-1] == x.shape[-1]:
                x = layers.Add()([before, x])
            number += 1
    x = relu6(conv_bn(x, 1280 if width <= 1 else divisible(1280 * width), 1, 1, "Conv_1", "Conv_1_bn", 1e-3))
    return finish(image, x, labels)


def divisible(value):
    rounded = max(8, int(value + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * value else rounded


def finish(image, x, labels):
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(labels, activation="softmax", name="predictions")(x))


def build(name, size, width, labels):
    options = {"weights": None, "classes": labels, "input_shape": (size, size, 3)}
    if size > 64 and name == "resnet-50" and width == 1:
        return keras.applications.ResNet50(**options)
    if size > 64 and name == "mobilenet-v2":
        return keras.applications.MobileNetV2(alpha=width, **options)
    if name == "mobilenet-v2":
        return mobilenet_v2(size, width, labels)
    return resnet(int(name.split("-")[1]), size, width, labels)


def compute(case):
    model = build(case["name"], case["size"], case["width"], case["labels"])
    values, at = np.fromfile(case["weights"], "<f4"), 0
    own = {layer.name: layer for layer in model.layers if layer.weights}
    assert set(own) == {layer["name"] for layer in case["layers"]}, set(own) ^ {layer["name"] for layer in case["layers"]}
    for layer in case["layers"]:
        weights = []
        for shape in layer["shapes"]:
            size = int(np.prod(shape))
            weights.append(values[at : at + size].reshape(shape))
            at += size
        own[layer["name"]].set_weights(weights)
    assert at == len(values)
    image = np.fromfile(case["image"], "<f4").reshape(1, case["size"], case["size"], 3)
    both = keras.Model(model.inputs, [model.layers[-2].output, model.layers[-1].output])
    features, probabilities = both(image, training=False)
    return {
        "parameters": model.count_params(),
        "features": np.asarray(features)[0, :16].tolist(),
        "probabilities": np.asarray(probabilities)[0].tolist(),
    }


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print(json.dumps([compute(case) for case in json.load(file)]))
