#!/usr/bin/env python3
"""Times a training step of `fcn bench --train` and of PyTorch in turn, on the same network, size, batch and number of threads, and
prints medians, peak memory and their ratios. PyTorch runs in both memory layouts; the faster one counts.

    python3 -m venv .peers && .peers/bin/pip install torch numpy
    .peers/bin/python bench/peers/compare_pytorch_training.py --reference PATH/TO/peers

A step is forward, softmax loss, gradients of all parameters and SGD with momentum, on a batch in memory, in float32. Each measurement
is a process of its own, so that its peak memory is its own too.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

NETWORKS = {"fcn8s-vgg16": ("fcn8s_torch", "Fcn8s"), "fcn8s-efficientnet-lite0": ("fcn8s_lite0_torch", "Fcn8sLite0")}
LAYOUTS = ("contiguous", "channels-last")


def peak_rss_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmHWM"))


def torch_steps(args, width, height):
    """One measurement of PyTorch, in this process."""
    import torch
    torch.set_num_threads(args.threads)
    sys.path.insert(0, str(args.reference))
    module, name = NETWORKS[args.model]
    torch.manual_seed(0)
    layout = torch.channels_last if args.layout == "channels-last" else torch.contiguous_format
    net = getattr(__import__(module), name)().train().to(memory_format=layout)
    optimiser = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], 1e-10, momentum=0.9)
    images = torch.randn(args.batch, 3, height, width).to(memory_format=layout)
    labels = torch.randint(0, 21, (args.batch, height, width))
    times = []
    for _ in range(args.steps + 1):  # the first is not counted
        start = time.perf_counter()
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(net(images), labels).backward()
        optimiser.step()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"median_ms": statistics.median(times[1:]), "peak_rss_mb": peak_rss_mb()}))


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=pathlib.Path, required=True, help="folder of fcn8s_lite0_torch.py")
    parser.add_argument("--fcn", default="build/bin/fcn", help="the program to time")
    parser.add_argument("--model", choices=NETWORKS, default="fcn8s-efficientnet-lite0")
    parser.add_argument("--size", default="352x352", help="WIDTHxHEIGHT")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3, help="counted steps of a measurement")
    parser.add_argument("--layout", choices=LAYOUTS, help=argparse.SUPPRESS)
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))
    if args.layout:
        return torch_steps(args, width, height)

    found = {"fcn": [], **{layout: [] for layout in LAYOUTS}}
    bench = [args.fcn, "bench", "--train", "--model", args.model, "--size", args.size, "--batch", str(args.batch), "--runs",
             str(args.steps), "--json", "--threads", str(args.threads)]
    for number in range(args.rounds):
        for layout in LAYOUTS:
            found[layout].append(run([sys.executable, *sys.argv, "--layout", layout]))
        found["fcn"].append(run(bench))
        print(f"round {number + 1}: " + ", ".join(f"{who} {rows[-1]['median_ms']:.0f} ms" for who, rows in found.items()),
              file=sys.stderr)
    median = {who: statistics.median(row["median_ms"] for row in rows) for who, rows in found.items()}
    memory = {who: statistics.median(row["peak_rss_mb"] for row in rows) for who, rows in found.items()}
    peer = min(LAYOUTS, key=median.get)
    print(json.dumps({"model": args.model, "size": args.size, "batch": args.batch, "threads": args.threads,
                      "median_ms": {who: round(value, 1) for who, value in median.items()},
                      "peak_rss_mb": {who: round(value) for who, value in memory.items()}, "faster_layout": peer,
                      "speed_ratio": round(median[peer] / median["fcn"], 2),
                      "memory_ratio": round(memory["fcn"] / memory[peer], 2)}, indent=2))


if __name__ == "__main__":
    main()
