#!/usr/bin/env python3
"""A torchvision state dict through `fcn import` and `fcn segment`, against torchvision itself: the whole way from the
checkpoint and the picture to the scores.

    python tools/compare_torchvision.py --fcn build/bin/fcn [--model fcn_resnet50] [--size 500x500] [-- segment's options]

Needs torch, torchvision and Pillow. Weights are torchvision's random ones, batch norms have statistics as if trained, and
there is an auxiliary head, which the import passes over. Scores are compared by the logarithms of the probabilities
that --save-probs writes: each pixel's scores, less their mean.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image

from counter_random import random_image


def random_network(name):
    torch.manual_seed(0)
    net = getattr(torchvision.models.segmentation, name)(weights=None, weights_backbone=None, num_classes=21, aux_loss=True)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1)
            torch.nn.init.normal_(module.bias, 0, 0.1)
            torch.nn.init.normal_(module.running_mean, 0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return net.eval()


def centred(scores):
    return scores - scores.mean(axis=-1, keepdims=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fcn", type=Path, required=True)
    parser.add_argument("--model", default="fcn_resnet50")
    parser.add_argument("--size", default="500x500")
    parser.add_argument("options", nargs="*")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))

    picture = (random_image(1, 127, height, width) + 128).astype(np.uint8)
    image = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    image = torchvision.transforms.functional.normalize(image, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    net = random_network(arguments.model)
    with torch.inference_mode():
        spread = net(image)["out"].std()
        net.classifier[4].weight /= spread  # probabilities in which every score can still be seen
        net.classifier[4].bias /= spread
        expected = centred(net(image)["out"][0].permute(1, 2, 0).numpy().astype(np.float64))

    with tempfile.TemporaryDirectory() as folder:
        weights, model, photo = (Path(folder) / name for name in ("net.pth", "net.safetensors", "photo.png"))
        torch.save(net.state_dict(), weights)
        Image.fromarray(picture).save(photo)
        subprocess.run([arguments.fcn, "import", weights, "--model", arguments.model, "-o", model], check=True)
        subprocess.run([arguments.fcn, "segment", photo, "--model", model, "-o", f"{folder}/out", "--save-probs", "--no-overlay",
                        *arguments.options], check=True, stdout=subprocess.DEVNULL)
        found = centred(np.log(np.load(Path(folder) / "out" / "photo.probs.npy").astype(np.float64)))

    difference = np.abs(found - expected).max() / expected.std()
    agree = (found.argmax(-1) == expected.argmax(-1)).mean()
    print(f"{arguments.model} at {arguments.size}: scores within {difference:.1e} of their standard deviation, "
          f"{100 * agree:.3f} % of the labels equal")
    sys.exit(difference > 1e-3)


if __name__ == "__main__":
    main()
