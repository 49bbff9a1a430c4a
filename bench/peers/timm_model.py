"""Writes a network of timm with random weights as ONNX, and what PyTorch computes with it.

Into the folder go the model, `input.f32` (two prepared images) and `features.f32` (the values before the classifier).
The last line of output names them in JSON.
"""

import argparse
import json
import os
import warnings

warnings.filterwarnings("ignore")

import numpy as np
import timm
import torch

parser = argparse.ArgumentParser()
parser.add_argument("--name", required=True)
parser.add_argument("--exporter", choices=["dynamo", "torchscript"], required=True)
parser.add_argument("--out", required=True)
arguments = parser.parse_args()

torch.manual_seed(1)
model = timm.create_model(arguments.name, pretrained=False, num_classes=100).eval()
with torch.no_grad():
    # Statistics as training leaves them; new ones are 0 and 1, which hides mistakes.
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.uniform_(0.5, 1.5)
            module.bias.normal_(0, 0.1)
    channels, height, width = model.default_cfg["input_size"]
    images = torch.randn(2, channels, height, width)
    features = model.forward_head(model.forward_features(images), pre_logits=True)

os.makedirs(arguments.out, exist_ok=True)
path = os.path.join(arguments.out, "model.onnx")
if arguments.exporter == "dynamo":
    torch.onnx.export(model, (images[:1],), path, dynamo=True, external_data=True, verbose=False)
else:
    axes = {"x": {0: "n"}, "y": {0: "n"}}
    names = {"input_names": ["x"], "output_names": ["y"]}
    torch.onnx.export(model, (images[:1],), path, dynamo=False, dynamic_axes=axes, **names)
images.numpy().astype(np.float32).tofile(os.path.join(arguments.out, "input.f32"))
features.numpy().astype(np.float32).tofile(os.path.join(arguments.out, "features.f32"))
print(json.dumps({"model": "model.onnx", "input": "input.f32", "features": "features.f32"}))
