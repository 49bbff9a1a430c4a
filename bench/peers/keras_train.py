"""The network of model/network/build-network.ts in Keras: prints its training and prediction rate as one line
of JSON.

Images are in memory, normalised, and not varied, so Keras has less to do than `graft train`, which varies every image.
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import keras
from keras import layers

SIDE, CHANNELS = 32, 3


def build(filters, label_count):
    model = keras.Sequential([keras.Input((SIDE, SIDE, CHANNELS))])
    for count in filters:
        model.add(layers.Conv2D(count, 3, padding="same", use_bias=False, kernel_initializer="he_normal"))
        model.add(layers.MaxPooling2D(2))
        model.add(layers.BatchNormalization(epsilon=1e-3, momentum=0.9))
        model.add(layers.ReLU())
    model.add(layers.Flatten())
    model.add(layers.Dense(label_count, activation="softmax"))
    return model


def rate(images, seconds, once):
    """Images per second of a call that handles so many, repeated for so long."""
    once()  # traces and compiles
    done, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        once()
        done += images
    return done / elapsed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--label-count", type=int, default=300)
    parser.add_argument("--filters", default="16,32,64,128")
    options = parser.parse_args()

    keras.utils.set_random_seed(1)
    model = build([int(count) for count in options.filters.split(",")], options.label_count)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    images = 32 * options.batch_size
    x = np.random.default_rng(1).uniform(-1, 1, (images, SIDE, SIDE, CHANNELS)).astype("float32")
    y = np.random.default_rng(2).integers(0, options.label_count, images)

    fit = lambda: model.fit(x, y, batch_size=options.batch_size, epochs=1, verbose=0)
    predict = lambda: model.predict(x, batch_size=options.batch_size, verbose=0)
    on_gpu = len(tf.config.list_physical_devices("GPU")) > 0
    print(
        json.dumps(
            {
                "train": rate(images, options.seconds, fit),
                "predict": rate(images, options.seconds, predict),
                "version": f"Keras {keras.__version__}, TensorFlow {tf.__version__}",
                "device": "GPU" if on_gpu else "CPU",
            }
        )
    )


main()
