"""Transfer learning as Keras's own guide does it: a frozen base, a Dropout and a Dense layer on top of it,
`fit` with augmentation layers, Adam's default rate, early stopping. Prints one line of JSON: test accuracy over
the seconds of `fit`.

The clock is stopped while the test images are measured, which is no part of the recipe. Importing, reading the
images and reading the model do not count. The time that `fit` takes before its first step (tracing, compiling)
counts.

https://keras.io/guides/transfer_learning/
"""

import argparse
import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import keras
import tensorflow as tf
from keras import layers

from graft_model import load_backbone, load_images

BATCH = 32
EPOCHS = 200
PATIENCE = 10
VALIDATION_SHARE = 0.2


def split_by_class(class_indices, seed):
    """As our own recipe: a share of each class, at least one image."""
    random = np.random.default_rng(seed)
    held = []
    for label in np.unique(class_indices):
        images = np.flatnonzero(class_indices == label)
        random.shuffle(images)
        held.extend(images[: max(1, round(len(images) * VALIDATION_SHARE))])
    validation = np.zeros(len(class_indices), bool)
    validation[held] = True
    return ~validation, validation


class Clock(keras.callbacks.Callback):
    """Looks at the test images after each epoch, off the clock."""

    def __init__(self, score):
        super().__init__()
        self.score = score
        self.curve = []
        self.paused = 0.0
        self.started = time.perf_counter()

    def seconds(self):
        return time.perf_counter() - self.started - self.paused

    def on_epoch_end(self, epoch, logs=None):
        seconds, begun = self.seconds(), time.perf_counter()
        self.curve.append({"seconds": seconds, "accuracy": self.score()})
        self.paused += time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)

    base, manifest = load_backbone(options.model)
    base.trainable = False
    size = manifest["input"]
    _, x, y, labels = load_images(os.path.join(options.data, "train"), size)
    test_ids, test_x, test_y, _ = load_images(os.path.join(options.data, "test"), size)
    training, validation = split_by_class(y, options.seed)

    scale, offset = size["normalisation"]["scale"], size["normalisation"]["offset"]
    features = base.predict((test_x[:1] * scale + offset).astype("float32"), verbose=0)[0]

    started = time.perf_counter()
    inputs = keras.Input((size["height"], size["width"], size["channels"]))
    outputs = layers.RandomFlip("horizontal")(inputs)
    outputs = layers.RandomRotation(0.1)(outputs)
    outputs = layers.Rescaling(scale, offset=offset)(outputs)
    outputs = base(outputs, training=False)
    outputs = layers.Dropout(0.2)(outputs)
    outputs = layers.Dense(len(labels), activation="softmax")(outputs)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    answer = tf.function(lambda images: tf.argmax(model(images, training=False), axis=1))

    guesses = lambda: answer(test_x).numpy()
    clock = Clock(lambda: float(np.mean(guesses() == test_y)))
    clock.started = started
    model.fit(
        x[training],
        y[training],
        validation_data=(x[validation], y[validation]),
        batch_size=BATCH,
        epochs=EPOCHS,
        verbose=0,
        callbacks=[keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True), clock],
    )
    seconds = clock.seconds()
    final = guesses()
    print(
        json.dumps(
            {
                "seconds": seconds,
                "accuracy": float(np.mean(final == test_y)),
                "curve": clock.curve,
                "rows": [
                    {"id": name, "truth": labels[truth], "prediction": labels[guess], "confidence": 0}
                    for name, truth, guess in zip(test_ids, test_y, final)
                ],
                "features": {"id": test_ids[0], "values": features.tolist()},
                "version": f"Keras {keras.__version__}, TensorFlow {tf.__version__}",
            }
        )
    )


main()
