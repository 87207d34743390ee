#!/usr/bin/env python3
"""Times `fcn bench` and ONNX Runtime in turn on the same network, size and number of threads, and prints medians and their ratio.

    python3 -m venv .peers && .peers/bin/pip install torch onnx onnxruntime numpy
    .peers/bin/python bench/peers/compare_onnxruntime.py --reference PATH/TO/peers

Both compute float32 scores at the image's size from an image in memory. A round is one run of ONNX Runtime and one of fcn, after
runs that are not counted, so that a machine whose speed drifts slows both.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

NETWORKS = {"fcn8s-vgg16": ("fcn8s_torch", "Fcn8s"), "fcn8s-efficientnet-lite0": ("fcn8s_lite0_torch", "Fcn8sLite0")}


def export(reference, model, width, height, path):
    import torch
    sys.path.insert(0, str(reference))
    module, name = NETWORKS[model]
    torch.manual_seed(0)
    net = getattr(__import__(module), name)().eval()
    torch.onnx.export(net, (torch.randn(1, 3, height, width),), path, input_names=["x"], output_names=["y"],
                      dynamo=False, opset_version=17)


def open_session(path, threads):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def milliseconds(call):
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=pathlib.Path, required=True, help="folder of fcn8s_torch.py")
    parser.add_argument("--fcn", default="build/bin/fcn", help="the program to time")
    parser.add_argument("--model", choices=NETWORKS, default="fcn8s-vgg16")
    parser.add_argument("--size", default="500x500", help="WIDTHxHEIGHT")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))

    import numpy
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/net.onnx"
        export(args.reference, args.model, width, height, path)
        session = open_session(path, args.threads)
    image = numpy.random.default_rng(0).standard_normal((1, 3, height, width), dtype=numpy.float32)
    infer = lambda: session.run(None, {"x": image})
    infer()
    bench = [args.fcn, "bench", "--model", args.model, "--size", args.size, "--runs", "1", "--json", "--threads",
             str(args.threads)]
    theirs, ours = [], []
    for number in range(args.rounds):
        theirs.append(milliseconds(infer))
        ours.append(json.loads(subprocess.run(bench, check=True, capture_output=True).stdout)["median_ms"])
        print(f"round {number + 1}: ONNX Runtime {theirs[-1]:.1f} ms, fcn {ours[-1]:.1f} ms", file=sys.stderr)
    median_theirs, median_ours = statistics.median(theirs), statistics.median(ours)
    print(json.dumps({"model": args.model, "size": args.size, "threads": args.threads,
                      "onnxruntime_median_ms": round(median_theirs, 1), "fcn_median_ms": round(median_ours, 1),
                      "ratio": round(median_theirs / median_ours, 2)}))


main()
