#!/usr/bin/env python3
"""Times two programs `fcn`, before a change and after it, round by round in turn, and compares the memory of a training step.

    bench/peers/before_after.py BEFORE AFTER [--rounds 5] [--starts 3] [--rows scores,labels,training,files]

Prints before ÷ after of each row: the median of the rounds' ratios, for both programs of a round have the same machine, and that of
the least times, which other work on the machine changes least. Above 1, the later program is faster. Both are started anew
several times, since where memory lies in one process can change its times by some per cent. Measure on an idle machine.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import pictures
from contender import Starter
from rows import in_turn

SCORES = (("fcn8s-vgg16", "500x500", 1), ("fcn_resnet50", "500x500", 1), ("fcn8s-efficientnet-lite0", "480x360", 15))
TRAINING = (("fcn8s-vgg16", "500x500", 1, 1), ("fcn8s-efficientnet-lite0", "352x352", 8, 1))
MODELS = ("models/street-scenes.safetensors", "models/animals-and-people.safetensors")
NAMES = ("before", "after")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=pathlib.Path)
    parser.add_argument("after", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rows", default="scores,labels,training,files")
    return parser.parse_args()


def show(row, figures, unit="ms"):
    """One line: the medians, and the ratios before ÷ after."""
    before, after = (figures[name] for name in NAMES)
    pairs = statistics.median(b / a for b, a in zip(before, after))
    print(f"{row}: {statistics.median(before):.2f} → {statistics.median(after):.2f} {unit}, "
          f"{pairs:.3f} by rounds, {min(before) / min(after):.3f} of the least", flush=True)


class Comparison:
    def __init__(self, args):
        self.args = args
        self.programs = dict(zip(NAMES, (args.before.resolve(), args.after.resolve())))
        self.starters = {name: Starter(program, sys.executable, None, None, args.threads) for name, program in self.programs.items()}

    def run(self, network, size, runs, **options):
        times = {name: [] for name in NAMES}
        for _ in range(self.args.starts):
            contenders = [self.starters[name].start("fcn", network, size, label=name, **options) for name in NAMES]
            for name, milliseconds in in_turn(contenders, self.args.rounds, runs, uncounted=1).items():
                times[name] += milliseconds
        return times

    def scores(self):
        for network, size, runs in SCORES:
            show(f"{network} {size}", self.run(network, size, runs))

    def labels(self):
        for network, size, runs in SCORES[::2]:
            show(f"{network} {size}, labels", self.run(network, size, runs, labels=True))

    def training(self):
        for network, size, batch, steps in TRAINING:
            times, memory = ({name: [] for name in NAMES} for _ in range(2))
            for _ in range(self.args.rounds):
                for name in NAMES:
                    contender = self.starters[name].start("fcn", network, size, batch, train=True)
                    times[name].append(contender.turn(steps))
                    memory[name].append(contender.finish()["peak_rss_mb"])
            show(f"{network} {size}, a training step of {batch}", times)
            show("  its memory", memory, "MB")

    def files(self):
        with tempfile.TemporaryDirectory() as folder:
            inputs = pictures.make(self.programs["before"], sys.executable, folder, 480, 360, 200)
            for model in MODELS:
                times = {name: [] for name in NAMES}
                for _ in range(self.args.rounds):
                    for name in NAMES:
                        command = [self.programs[name], "segment", inputs, "--model", model, "--no-overlay", "-o", f"{folder}/out", "--overwrite",
                                   "--json", "--threads", str(self.args.threads)]
                        start = time.perf_counter()
                        json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
                        times[name].append(1e3 * (time.perf_counter() - start) / 200)
                show(f"files, {pathlib.Path(model).stem}", times)


def main():
    args = parse()
    comparison = Comparison(args)
    for row in args.rows.split(","):
        getattr(comparison, row)()


if __name__ == "__main__":
    main()
