"""Transfer learning as Keras's own guide does it: a frozen base, global average pooling, a Dropout and a Dense layer,
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

from layers_model import load_backbone, load_images

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
    parser.add_argument("--probe", required=True, help="pixels of one image, whose mean features are printed")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    keras.utils.set_random_seed(options.seed)

    base = load_backbone(options.model)
    base.trainable = False
    height, width = base.input_shape[1:3]
    probe = np.fromfile(options.probe, np.uint8).reshape(1, height, width, 3)
    features = base.predict(probe.astype("float32") / 127.5 - 1, verbose=0)[0].mean(axis=(0, 1))
    _, x, y, labels = load_images(os.path.join(options.data, "train"), height, width)
    test_ids, test_x, test_y, _ = load_images(os.path.join(options.data, "test"), height, width)
    training, validation = split_by_class(y, options.seed)
    # What the frozen base makes of the test images, once: each epoch is measured with its own last layer.
    test_features = base.predict(test_x / 127.5 - 1, batch_size=BATCH, verbose=0).mean(axis=(1, 2))

    started = time.perf_counter()
    inputs = keras.Input((height, width, 3))
    outputs = layers.RandomFlip("horizontal")(inputs)
    outputs = layers.RandomRotation(0.1)(outputs)
    outputs = layers.Rescaling(1 / 127.5, offset=-1)(outputs)
    outputs = base(outputs, training=False)
    outputs = layers.GlobalAveragePooling2D()(outputs)
    outputs = layers.Dropout(0.2)(outputs)
    dense = layers.Dense(len(labels), activation="softmax")
    outputs = dense(outputs)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    guesses = lambda: np.argmax(dense(test_features).numpy(), axis=1)
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
                "features": features.tolist(),
                "version": f"Keras {keras.__version__}, TensorFlow {tf.__version__}",
            }
        )
    )


main()
