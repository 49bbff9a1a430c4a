"""A network of model/network/ in Keras, trained as `graft train` trains it by default.

Without --accuracy it prints training and prediction rate as one line of JSON. Images are in memory, normalised, and not varied, so Keras
has less to do than `graft train`, which varies every image.

With --accuracy FOLDER it trains for --seconds on FOLDER/train.* and prints the accuracy on FOLDER/test.*: `.pixels` has 8-bit values,
`.classes` one byte an image. Images are mirrored and shifted at random; the learning rate rises for a tenth of the time and falls to 0.
"""

import argparse
import json
import math
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
import keras
from keras import layers

import keras_networks

SIDE, CHANNELS = 32, 3
WARM_UP = 0.1


def compact(filters, label_count):
    model = keras.Sequential([keras.Input((SIDE, SIDE, CHANNELS))])
    for count in filters:
        model.add(layers.Conv2D(count, 3, padding="same", use_bias=False, kernel_initializer="he_normal"))
        model.add(layers.MaxPooling2D(2))
        model.add(layers.BatchNormalization(epsilon=1e-3, momentum=0.9))
        model.add(layers.ReLU())
    model.add(layers.Flatten())
    model.add(layers.Dense(label_count, activation="softmax"))
    return model


def build(options, label_count):
    if options.network == "compact":
        model = compact([int(count) for count in options.filters.split(",")], label_count)
        model.compile(optimizer=keras.optimizers.Adam(0.002), loss=loss(0), metrics=["accuracy"])
        return model, 0.002
    model = keras_networks.build(options.network, SIDE, options.width, label_count)
    optimiser = keras.optimizers.SGD(0.05, momentum=0.9, weight_decay=5e-4)
    optimiser.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    model.compile(optimizer=optimiser, loss=loss(0.1), metrics=["accuracy"])
    return model, 0.05


def loss(smoothing):
    return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)


def rate(images, seconds, once):
    """Images per second of a call that handles so many, repeated for so long."""
    once()  # traces and compiles
    done, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        once()
        done += images
    return done / elapsed


def measure_rates(options):
    model, _ = build(options, options.label_count)
    images = options.images
    x = np.random.default_rng(1).uniform(-1, 1, (images, SIDE, SIDE, CHANNELS)).astype("float32")
    y = keras.utils.to_categorical(np.random.default_rng(2).integers(0, options.label_count, images), options.label_count)
    fit = lambda: model.fit(x, y, batch_size=options.batch_size, epochs=1, verbose=0)
    predict = lambda: model.predict(x, batch_size=options.batch_size, verbose=0)
    return {"train": rate(images, options.seconds, fit), "predict": rate(images, options.seconds, predict)}


def read(folder, part):
    pixels = np.fromfile(f"{folder}/{part}.pixels", "u1").reshape(-1, SIDE, SIDE, CHANNELS)
    return pixels.astype("float32") / 127.5 - 1, np.fromfile(f"{folder}/{part}.classes", "u1")


def vary(image, target):
    image = tf.image.random_flip_left_right(image)
    return tf.image.random_crop(tf.pad(image, [[4, 4], [4, 4], [0, 0]]), [SIDE, SIDE, CHANNELS]), target


class Schedule(keras.callbacks.Callback):
    def __init__(self, highest, seconds):
        super().__init__()
        self.highest, self.seconds, self.started = highest, seconds, time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        progress = min(1, (time.perf_counter() - self.started) / self.seconds)
        share = progress / WARM_UP if progress < WARM_UP else 0.5 + 0.5 * math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))
        self.model.optimizer.learning_rate.assign(self.highest * max(share, 1e-4))

    def on_train_batch_end(self, batch, logs=None):
        if time.perf_counter() - self.started >= self.seconds:
            raise StopIteration


def measure_accuracy(options):
    x, class_indices = read(options.accuracy, "train")
    label_count = int(class_indices.max()) + 1
    y = keras.utils.to_categorical(class_indices, label_count)
    model, highest = build(options, label_count)
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), seed=1).repeat().map(vary, num_parallel_calls=tf.data.AUTOTUNE)
    data = data.batch(options.batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE)
    schedule = Schedule(highest, options.seconds)
    try:
        model.fit(data, steps_per_epoch=10**6, epochs=1, verbose=0, callbacks=[schedule])
    except StopIteration:
        pass
    test, truth = read(options.accuracy, "test")
    predicted = model.predict(test, batch_size=options.batch_size, verbose=0).argmax(axis=1)
    return {"accuracy": float((predicted == truth).mean())}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", default="compact")
    parser.add_argument("--width", type=float, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--label-count", type=int, default=300)
    parser.add_argument("--images", type=int, default=2048)
    parser.add_argument("--filters", default="16,32,64,128")
    parser.add_argument("--accuracy")
    options = parser.parse_args()

    keras.utils.set_random_seed(1)
    measured = measure_rates(options) if options.accuracy is None else measure_accuracy(options)
    on_gpu = len(tf.config.list_physical_devices("GPU")) > 0
    version = f"Keras {keras.__version__}, TensorFlow {tf.__version__}"
    print(json.dumps({**measured, "version": version, "device": "GPU" if on_gpu else "CPU"}))


main()
