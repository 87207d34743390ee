"""What is measured: one function per row of the table, each returning a dictionary for results.json."""
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import pictures
from bound import multiplications

PEERS = ("ncnn", "openvino", "onnxruntime", "pytorch", "pytorch-channels-last", "opencv")
LAYOUTS = ("pytorch", "pytorch-channels-last")
SIZES = (250, 500, 1000, 1500, 2000)


@dataclass
class Goal:
    floor: float
    goal: float


def median(values):
    return statistics.median(values)


def summary(rounds):
    """Medians of what was measured round by round, by name."""
    return {"rounds": rounds, "median": {name: median(values) for name, values in rounds.items()}}


def against(row, peers, goal):
    """Adds the ratio of the fastest of these peers to fcn."""
    fastest = min(peers, key=row["median"].get)
    ratio = row["median"][fastest] / row["median"]["fcn"]
    return {"peer": fastest, "ratio": ratio, "floor": goal.floor, "goal": goal.goal}


def in_turn(contenders, rounds, runs, uncounted=0):
    """A B C A B C …; the milliseconds of each, by name."""
    try:
        for number in range(rounds):
            shown = [f"{contender.name} {contender.turn(runs, uncounted):.1f}" for contender in contenders]
            print(f"  round {number + 1}, ms: " + ", ".join(shown), file=sys.stderr)
        return {contender.name: contender.runs_ms for contender in contenders}
    finally:
        for contender in contenders:
            contender.kill()


class Rows:
    def __init__(self, start, export, args):
        self.start, self.export, self.args = start, export, args

    def scores(self, network, size, goal, runs=1, uncounted=0, extra=None):
        """Image in memory → scores, against every peer. extra: {peer: goal} that is not among the five."""
        self.export(network, size)
        peers = [peer for peer in (*PEERS, *(extra or {})) if not self.args.peers or peer in self.args.peers]
        contenders = [self.start(name, network, size) for name in ("fcn", *peers)]
        row = summary(in_turn(contenders, self.args.rounds, runs, uncounted))
        row |= {"kind": "scores", "network": network, "size": size}
        five = [peer for peer in peers if peer in PEERS]
        row["ratios"] = [against(row, five, goal)] if five else []
        row["ratios"] += [against(row, [peer], its_goal) for peer, its_goal in (extra or {}).items() if peer in peers]
        return row

    def training(self, network, size, batch, goal, memory_goal, steps):
        """A training step's time and memory: each measurement a process of its own, so that its peak memory is its own too."""
        names = ("fcn", *LAYOUTS)
        times, memory = {name: [] for name in names}, {name: [] for name in names}
        for number in range(self.args.rounds):
            for name in names:
                contender = self.start(name, network, size, batch, train=True)
                try:
                    times[name].append(contender.turn(steps))
                    memory[name].append(contender.finish()["peak_rss_mb"])
                finally:
                    contender.kill()
            print(f"  round {number + 1}, ms: " + ", ".join(f"{name} {times[name][-1]:.0f}" for name in names), file=sys.stderr)
        row = summary(times)
        row |= {"kind": "training", "network": network, "size": size, "batch": batch, "ratios": [against(row, LAYOUTS, goal)]}
        row["peak_rss_mb"] = {name: median(values) for name, values in memory.items()}
        faster = row["ratios"][0]["peer"]
        row["memory"] = {"peer": faster, "ratio": row["peak_rss_mb"]["fcn"] / row["peak_rss_mb"][faster],
                         "floor": memory_goal.floor, "goal": memory_goal.goal}
        return row

    def files(self, model, goal):
        """JPEG files → label PNGs by `fcn segment`, start of the program included."""
        with tempfile.TemporaryDirectory() as folder:
            inputs = self.args.pictures or pictures.make(self.args.fcn, self.args.python, folder, 480, 360, 300)
            count = len(list(inputs.glob("*.jpg")))
            rates, stages = [], []
            for number in range(self.args.rounds):
                start = time.perf_counter()
                done = subprocess.run([self.args.fcn, "segment", inputs, "--model", model, "--no-overlay", "-o", f"{folder}/out", "--overwrite", "--json",
                                "--threads", str(self.args.threads)], check=True, capture_output=True)
                rates.append(count / (time.perf_counter() - start))
                stages.append(json.loads(done.stdout)["milliseconds"])
                print(f"  round {number + 1}: {rates[-1]:.1f} images/s", file=sys.stderr)
        return {"kind": "files", "network": model, "images": count, "images_per_s": median(rates), "rounds": {"fcn": rates},
                "stages": {stage: median([it[stage] for it in stages]) for stage in stages[0]}, "floor": goal.floor, "goal": goal.goal}

    def labels(self, works):
        """What a user of labels pays beside one of scores."""
        row = {"kind": "labels", "works": {}}
        for network, size, runs in works:
            contenders = [self.start("fcn", network, size, label="scores"), self.start("fcn", network, size, labels=True, label="labels")]
            row["works"][f"{network} {size}"] = summary(in_turn(contenders, self.args.rounds, runs, uncounted=1))
        return row

    def threads(self, network, size, goal):
        contenders = [self.start("fcn", network, size, threads=count, label=f"{count}") for count in (1, self.args.threads)]
        row = summary(in_turn(contenders, self.args.rounds, 1))
        ratio = row["median"]["1"] / row["median"][f"{self.args.threads}"]
        return row | {"kind": "threads", "network": network, "size": size, "ratio": ratio, "floor": goal.floor, "goal": goal.goal}

    def growth(self, networks, goal):
        """Time per pixel of square images; the processes of one network take turns."""
        row = {"kind": "growth", "floor": goal.floor, "goal": goal.goal, "ns_per_pixel": {}}
        for network in networks:
            contenders = [self.start("fcn", network, f"{side}x{side}", label=str(side)) for side in SIZES]
            times = summary(in_turn(contenders, self.args.rounds, 1))["median"]
            row["ns_per_pixel"][network] = {side: 1e6 * times[side] / int(side) ** 2 for side in times}
        first = row["ns_per_pixel"][networks[0]]
        row["ratio"] = max(first[str(side)] for side in SIZES if side >= 500) / first["500"]
        return row

    def new_size(self, network, size, goal):
        shares = []
        for _ in range(self.args.rounds):
            contender = self.start("fcn", network, size)
            contender.turn(2)
            result = contender.finish()
            shares.append(result["new_size_compile_ms"] / result["median_ms"])
        return {"kind": "new-size", "network": network, "size": size, "milliseconds": result["new_size_compile_ms"],
                "ratio": median(shares), "floor": goal.floor, "goal": goal.goal}

    def bound(self, network, size):
        return multiplications(self.args.fcn, network, size) | {"kind": "bound", "network": network, "size": size}

    def profile(self, network, size, runs):
        command = [self.args.fcn, "bench", "--model", network, "--size", size, "--profile", "--json", "--runs", str(runs), "--threads",
                   str(self.args.threads)]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout) | {"kind": "profile", "network": network}


ROWS = {
    "vgg16": lambda rows: rows.scores("fcn8s-vgg16", "500x500", Goal(2.0, 2.5), uncounted=1, extra={"openvino-bf16": Goal(1.7, 2.1)}),
    "resnet50": lambda rows: rows.scores("fcn_resnet50", "500x500", Goal(1.3, 1.5), uncounted=1),
    "lite0": lambda rows: rows.scores("fcn8s-efficientnet-lite0", "480x360", Goal(1.2, 1.5), runs=10, uncounted=2),
    "files": lambda rows: rows.files("models/street-scenes.safetensors", Goal(45, 65)),
    "train-vgg16": lambda rows: rows.training("fcn8s-vgg16", "500x500", 1, Goal(4, 5), Goal(0.6, 0.5), steps=1),
    "train-lite0": lambda rows: rows.training("fcn8s-efficientnet-lite0", "352x352", 8, Goal(2.5, 4), Goal(0.6, 0.5), steps=3),
    "labels": lambda rows: rows.labels((("fcn8s-vgg16", "500x500", 1), ("fcn8s-efficientnet-lite0", "480x360", 10))),
    "threads": lambda rows: rows.threads("fcn8s-vgg16", "500x500", Goal(1.85, 1.95)),
    "growth": lambda rows: rows.growth(("fcn8s-vgg16-unpadded", "fcn8s-vgg16"), Goal(1.1, 1.0)),
    "new-size": lambda rows: rows.new_size("fcn8s-vgg16", "500x500", Goal(0.05, 0.01)),
    "bound": lambda rows: rows.bound("fcn8s-vgg16", "500x500"),
    "profile-vgg16": lambda rows: rows.profile("fcn8s-vgg16", "500x500", 5),
    "profile-lite0": lambda rows: rows.profile("fcn8s-efficientnet-lite0", "480x360", 20),
}
