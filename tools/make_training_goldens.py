#!/usr/bin/env python3
"""Writes tests/golden/data/training-*.json: losses and gradients of whole networks, and the losses of their first ten
steps, as PyTorch computes them in double precision. Weights, images and labels come from the counter-based generator.

    python tools/make_training_goldens.py --peers DIR [--only NAME]

--peers: the folder of fcn8s_torch.py and fcn8s_lite0_torch.py.
"""
import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from counter_random import random_bits, random_image, random_state_dict, seed_from_name
from make_goldens import rounded, write
from reference_nets import scores_only

SEED, CLASSES, SAMPLES, STEPS = 1, 21, 4, 10


def random_labels(batch, height, width):
    """Blocks of 8×8 pixels of one label each; every 22nd block or so is ignored."""
    rows, columns = np.meshgrid(np.arange(batch * height, dtype=np.uint64), np.arange(width, dtype=np.uint64), indexing="ij")
    blocks = rows // np.uint64(8) * np.uint64(65536) + columns // np.uint64(8)
    labels = (random_bits(seed_from_name("labels", SEED), blocks) % np.uint64(CLASSES + 1)).astype(np.int64)
    labels[labels == CLASSES] = 255
    return torch.from_numpy(labels.reshape(batch, height, width))


def make_batch(batch, height, width, amplitude):
    image = random_image(SEED, amplitude, batch * height, width).reshape(batch, height, width, 3)
    return torch.from_numpy(image).permute(0, 3, 1, 2).contiguous().double(), random_labels(batch, height, width)


def gradients(net):
    rows = []
    for name, parameter in net.named_parameters():
        if parameter.grad is None:
            continue
        values = parameter.grad.reshape(-1).numpy()
        positions = np.unique(np.linspace(0, values.size - 1, SAMPLES).astype(int))
        rows.append({"name": name, "norm": rounded([np.linalg.norm(values)])[0], "positions": positions.tolist(),
                     "values": rounded(values[positions])})
    return rows


def golden(name, build, mode, batch, height, width, amplitude, optimisers=()):
    """mode "train": batch norm takes the batch's statistics; "frozen": the running ones. Dropout never drops."""
    def fresh():
        net = build()
        net.load_state_dict(random_state_dict(net, SEED))
        net = net.double().train(mode == "train")
        for module in net.modules():
            if isinstance(module, (torch.nn.Dropout, torch.nn.Dropout2d)):
                module.eval()
        return net

    images, labels = make_batch(batch, height, width, amplitude)
    content = {"model": name, "seed": SEED, "classes": CLASSES, "mode": mode, "batch": batch, "height": height,
               "width": width, "amplitude": amplitude, "steps": {}}
    net = fresh()
    for parameter in net.parameters():
        parameter.requires_grad_(True)
    loss = cross_entropy(net(images), labels, ignore_index=255)
    loss.backward()
    content["loss"] = rounded([loss.item()])[0]
    content["gradients"] = gradients(net)
    if mode == "train":
        content["running"] = [{"name": key, "values": rounded(value[:3].numpy())} for key, value in net.state_dict().items()
                              if key.endswith(("running_mean", "running_var"))]
    for key, make in optimisers:
        net, losses = fresh(), []
        optimiser = make(net.parameters())
        for _ in range(STEPS):
            optimiser.zero_grad()
            loss = cross_entropy(net(images), labels, ignore_index=255)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        content["steps"][key] = rounded(losses)
        print(name, mode, key, losses, file=sys.stderr)
    write(f"training-{name}-{mode}", content)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--only", default="", help="write only the files whose name contains this")
    arguments = parser.parse_args()
    sys.path.insert(0, str(arguments.peers))
    from fcn8s_lite0_torch import Fcn8sLite0
    from fcn8s_torch import Fcn8s
    from torchvision.models.segmentation import fcn_resnet50

    torch.nn.init.kaiming_normal_ = torch.nn.init.trunc_normal_ = lambda tensor, *_, **__: tensor  # replaced at once
    # Rates at which PyTorch in float32 follows itself in double: within 5e-4 of the loss after ten steps, where ten times
    # the rate gives 7e-3.
    optimisers = (("adamw", lambda p: torch.optim.AdamW(p, lr=1e-4, weight_decay=0.01)),
                  ("sgd", lambda p: torch.optim.SGD(p, lr=1e-4, momentum=0.9, weight_decay=1e-4)))
    for name, build, mode, *sizes in (
            ("fcn8s-efficientnet-lite0", Fcn8sLite0, "train", 4, 128, 160, 1, optimisers),
            ("fcn8s-efficientnet-lite0", Fcn8sLite0, "frozen", 2, 64, 96, 1),
            ("fcn8s-vgg16", Fcn8s, "frozen", 1, 33, 40, 100),
            ("fcn_resnet50", lambda: scores_only(fcn_resnet50(weights=None, weights_backbone=None)), "frozen", 1, 65, 97, 2)):
        if arguments.only in name:
            golden(name, build, mode, *sizes)


if __name__ == "__main__":
    main()
