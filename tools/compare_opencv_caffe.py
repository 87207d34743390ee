#!/usr/bin/env python3
"""Compares fcn with OpenCV's reader of Caffe's files, which knows nothing of ours: nets of tests/caffe with random
weights, imported by both; scores of the golden vectors that fcn import writes.

usage: tools/compare_opencv_caffe.py FCN [NET...]         (needs opencv-python-headless < 5)
"""

import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

import cv2
import numpy as np

from caffe_files import caffemodel
from counter_random import random_image

NETS = pathlib.Path(__file__).parent.parent / "tests" / "caffe"


def narrowed(text):
    """Sixteen times fewer channels in the layers before the scores, so that VGG16 takes a moment."""
    return re.sub(r"num_output: (64|128|256|512|4096)\b", lambda m: f"num_output: {int(m[1]) // 16}", text)


def run(*words):
    result = subprocess.run([str(w) for w in words], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{words}: {result.stderr}")
    return result.stdout


def parameters(program, net, random):
    """Random blobs by layer, in the shapes that the graph has."""
    layers = {}
    for line in run(program, "info", net, "--graph").splitlines():
        words = line.split()
        if words and words[0] == "parameter":
            layer, _, _ = words[1].rpartition(".")
            shape = [int(d) for d in words[2].split("x")]
            spread = np.sqrt(6 / np.prod(shape[1:])) if len(shape) > 1 else 0.1
            layers.setdefault(layer, []).append(random.uniform(-spread, spread, shape))
    return layers


def golden_of(model):
    data = model.read_bytes()
    header = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])
    return json.loads(header["__metadata__"]["fcn.golden"])


def compare(program, name, folder):
    text = (NETS / f"{name}.prototxt").read_text()
    net, weights, model = folder / "net.prototxt", folder / "net.caffemodel", folder / "net.safetensors"
    net.write_text(narrowed(text) if "VGG16" in text else text)
    layers = parameters(program, net, np.random.default_rng(1))
    kinds = dict(re.findall(r'name: "([^"]+)" type: "([^"]+)"', text))
    weights.write_bytes(caffemodel([(layer, kinds[layer], blobs) for layer, blobs in layers.items()]))
    run(program, "import", net, weights, "-o", model, "--overwrite", "--no-winograd", "--json")
    peer = cv2.dnn.readNetFromCaffe(str(net), str(weights))
    for golden in golden_of(model):
        channels = int(re.search(r"dim: \d+ dim: (\d+)", text)[1])
        image = np.asarray(random_image(golden["seed"], golden["amplitude"], golden["height"], golden["width"],
                                        channels), dtype=np.float32)
        peer.setInput(np.ascontiguousarray(image.reshape(golden["height"], golden["width"], channels)
                                           .transpose(2, 0, 1)[None]))
        last = [layer for layer in peer.getLayerNames() if layer != "prob"][-1]
        scores = peer.forward(last)
        scores = (scores.transpose(0, 2, 3, 1) if scores.ndim == 4 else scores).reshape(-1)
        ours = np.array(golden["scores"])
        apart = np.abs(ours - scores[golden["positions"]]).max() / scores.std()
        print(f"{name}: {len(ours)} scores, {apart:.1e} of their standard deviation apart at most")


def main():
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    names = sys.argv[2:] or ["lenet", "caffenet", "googlenet", "squeezenet", "voc-fcn8s-deploy"]
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            compare(sys.argv[1], name, pathlib.Path(folder))


if __name__ == "__main__":
    main()
