#!/usr/bin/env python3
"""Writes the seeds keras/*.h5 with h5py, as Keras 2.4 lays its files out: symbol tables, fixed-length names, a configuration in the
global heap, an empty list of float64 for a layer without weights; and one with a data set that has ten names. Made with h5py 3.7.0, HDF5 1.10.8: keras.py, in this folder."""
import json
import os

import h5py
import numpy as np

LAYERS = [
    ("conv1d", "Conv1D", {"kernel_size": [2], "padding": "causal", "dilation_rate": [1], "activation": "relu"},
     {"kernel:0": (2, 2, 3), "bias:0": (3,)}),
    ("flatten", "Flatten", {"data_format": "channels_last"}, {}),
    ("repeat_vector", "RepeatVector", {"n": 2}, {}),
    ("lstm", "LSTM", {"units": 2, "return_sequences": True}, {"lstm_cell/kernel:0": (12, 8), "lstm_cell/recurrent_kernel:0": (2, 8),
                                                             "lstm_cell/bias:0": (8,)}),
    ("dense", "Dense", {"units": 1, "activation": "linear"}, {"kernel:0": (2, 1), "bias:0": (1,)}),
]


def weights(group):
    group.attrs["layer_names"] = np.array([name.encode() for name, *_ in LAYERS])
    group.attrs["backend"] = "tensorflow"
    for name, _, _, shapes in LAYERS:
        layer = group.create_group(name)
        paths = [f"{name}/{weight}" for weight in shapes]
        layer.attrs["weight_names"] = np.array([path.encode() for path in paths])
        for path, shape in zip(paths, shapes.values()):
            layer[path] = np.full(shape, 0.5, np.float32)


def config():
    layers = [{"class_name": type_, "config": {"name": name, **options}} for name, type_, options, _ in LAYERS]
    layers[0]["config"]["batch_input_shape"] = [None, 4, 2]
    return json.dumps({"class_name": "Sequential", "config": {"name": "sequential", "layers": layers}})


folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keras")
with h5py.File(os.path.join(folder, "weights.h5"), "w") as file:
    weights(file)
with h5py.File(os.path.join(folder, "model.h5"), "w") as file:
    file.attrs["model_config"] = config()
    weights(file.create_group("model_weights"))
with h5py.File(os.path.join(folder, "linked.h5"), "w") as file:
    file.attrs["layer_names"] = np.array([b"dense"])
    dense = file.create_group("dense")
    names = [f"weight{i}" for i in range(10)]
    dense.attrs["weight_names"] = np.array([name.encode() for name in names])
    dense[names[0]] = np.zeros((1000, 1), np.float32)
    for name in names[1:]:
        dense[name] = dense[names[0]]
