#!/usr/bin/env python3
"""Writes the small weight files that the tests of src/formats read.

Needs the Python packages torch, numpy and safetensors. Usage: make_torch_fixtures.py [FOLDER], by default
src/formats/testdata.
The tests know the values: element i of a tensor is i + 1, or what its comment says.
"""

import argparse
import datetime
import enum
import pathlib
import sys
from collections import Counter, OrderedDict, defaultdict

import numpy
import safetensors.torch
import torch


DEFAULT_FOLDER = pathlib.Path(__file__).parent.parent / "src/formats/testdata"
# torch's old form notes where a module's source is: the fixtures shall not depend on the folder that this ran in.
__file__ = pathlib.Path(__file__).name


class Tiny(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))


class Phase(enum.Enum):
    TRAIN = 1


class AttributeDict(dict):
    """As Lightning saves hyperparameters."""

    def __getattr__(self, key):
        return self[key]


def training(linear):
    """A checkpoint with all that training scripts leave in one beside the weights."""
    averaged = torch.optim.swa_utils.AveragedModel(linear)
    optimiser = torch.optim.Adam(linear.parameters())
    linear(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    return {
        "args": argparse.Namespace(lr=0.1, output=pathlib.PurePosixPath("run"), phase=Phase.TRAIN),
        "best_mean_iu": numpy.float64(0.5), "scores": numpy.arange(3.0), "count": numpy.int64(3),
        "when": datetime.datetime(2020, 1, 2), "since": datetime.timedelta(1), "arch": "Tiny",
        "seen": defaultdict(list, {"a": [1]}), "counted": Counter("abca"),
        "hyper_parameters": AttributeDict(lr=0.1, path=pathlib.PurePosixPath("x")),
        "optimizer": optimiser.state_dict(), "model": linear.state_dict(), "model_ema": averaged.state_dict(),
    }


def counting(*shape, dtype=torch.float32):
    count = torch.Size(shape).numel()
    return torch.arange(1, count + 1).reshape(shape).to(dtype)


def tensors():
    matrix = counting(2, 3)
    shared = counting(8)
    return OrderedDict(
        float=matrix,
        double=counting(2, dtype=torch.float64),
        half=counting(3, dtype=torch.float16),
        bfloat16=counting(3, dtype=torch.bfloat16),
        int64=counting(2, dtype=torch.int64),
        int32=counting(2, dtype=torch.int32),
        int16=counting(2, dtype=torch.int16),
        int8=counting(2, dtype=torch.int8),
        uint8=counting(2, dtype=torch.uint8),
        bool=torch.tensor([True, False, True]),
        scalar=torch.tensor(42),
        empty=torch.empty(0, 3),
        transposed=matrix.t(),  # over the storage of "float"
        channels_last=counting(1, 2, 2, 2).contiguous(memory_format=torch.channels_last),
        shared_front=shared[:3],
        shared_back=shared[4:],  # 5, 6, 7, 8: a storage offset
        every_other=shared[::2],  # 1, 3, 5, 7
        parameter=torch.nn.Parameter(counting(2)),
    )


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    forms = {"zip": {}, "legacy": {"_use_new_zipfile_serialization": False}}
    linear = torch.nn.Linear(2, 1)
    with torch.no_grad():
        linear.weight.copy_(counting(1, 2))
        linear.bias.copy_(counting(1))
    checkpoint = {
        "epoch": 3, "best": 0.5, "big": 2**80, "note": b"bytes", "seen": {1, 2}, "device": torch.device("cpu"),
        "size": torch.Size([2, 1]), "dtype": torch.float16, "none": None, "best_score": torch.tensor(0.75),
        "state_dict": torch.nn.DataParallel(linear).state_dict(),
    }
    for form, options in forms.items():
        torch.save(tensors(), folder / f"tensors.{form}.pth", **options)
        torch.save(checkpoint, folder / f"checkpoint.{form}.pth", **options)
        torch.save(checkpoint, folder / f"protocol4.{form}.pth", pickle_protocol=4, **options)
        torch.save(Tiny(), folder / f"module.{form}.pth", **options)
        torch.save(training(linear), folder / f"training.{form}.pth", **options)
    contiguous = {name: tensor.clone(memory_format=torch.contiguous_format) for name, tensor in tensors().items()}
    safetensors.torch.save_file(contiguous, folder / "tensors.safetensors", metadata={"made by": "python"})


if __name__ == "__main__":
    main()
