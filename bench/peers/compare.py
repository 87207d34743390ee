#!/usr/bin/env python3
"""Times `fcn bench` beside what people would use instead, round by round in turn, and writes the tables, the charts and the figures of
docs/performance.md and README.md.

    bench/peers/compare.py --reference PATH/TO/peers                 # everything: about fifteen minutes on two cores
    bench/peers/compare.py --reference PATH/TO/peers --rows lite0,threads --rounds 3
    bench/peers/compare.py --report                                  # writes the documents again from bench/results.json

--reference is the folder with the networks in PyTorch (fcn8s_torch.py, fcn8s_lite0_torch.py). The peers (PyTorch, ONNX Runtime, OpenVINO,
OpenCV, ncnn) are installed into a virtual environment, made where it is missing, and the networks exported for them once.

All compute float32 scores at the image's size from an image in memory. Every contender is a process that has loaded its network and run
it once; they run one at a time, A B C A B C …, while the others stand still, so that a machine whose speed drifts slows all of them.
Figures are medians over rounds. A row that is measured again replaces the one in bench/results.json.
"""
import argparse
import json
import pathlib
import sys

import environment
import machine
import networks
import report
from contender import HERE, Starter
from rows import ROWS, Rows

PROJECT = HERE.parent.parent


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=pathlib.Path, help="folder of fcn8s_torch.py")
    parser.add_argument("--rows", default=",".join(ROWS), help="which to measure, of " + ", ".join(ROWS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", type=lambda text: text.split(","), help="only these peers")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--fcn", type=pathlib.Path, default=PROJECT / "build/bin/fcn", help="the program to time")
    parser.add_argument("--venv", type=pathlib.Path, default=PROJECT / ".peers", help="virtual environment of the peers")
    parser.add_argument("--models", type=pathlib.Path, help="folder of exported networks (default: one inside the environment)")
    parser.add_argument("--pictures", type=pathlib.Path, help="JPEG files for the row \"files\" (default: generated scenes)")
    parser.add_argument("--machine", help="what to call the processor")
    parser.add_argument("--results", type=pathlib.Path, default=PROJECT / "bench/results.json")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    parser.add_argument("--check", action="store_true", help="measure and write nothing: fail where the documents say something else")
    args = parser.parse_args()
    args.rows = [] if args.report or args.check else args.rows.split(",")
    if unknown := [name for name in args.rows if name not in ROWS]:
        parser.error(f"there is no row {unknown[0]}; there are " + ", ".join(ROWS))
    if args.rows and not args.reference:
        parser.error("--reference says where the networks in PyTorch are")
    return args


def main():
    args = parse()
    results = json.loads(args.results.read_text()) if args.results.exists() else {"rows": {}}
    if args.rows:
        args.python = environment.open_environment(args.venv)
        models = args.models or args.venv / "networks"
        results["peers"] = environment.versions(args.python)

        def export(network, size):
            environment.export(args.python, HERE / "networks.py", args.reference, models, network, networks.file_stem(network), size)

        rows = Rows(Starter(args.fcn, args.python, args.reference, models, args.threads).start, export, args)
        for name in args.rows:
            print(name, file=sys.stderr)
            before = results.get("machine", {})
            results["machine"] = machine.best(machine.describe(args.fcn, args.machine or before.get("processor")), before)
            results["rows"][name] = ROWS[name](rows)
            args.results.write_text(json.dumps(results, indent=1) + "\n")
    if args.check:
        if wrong := report.differing(results, PROJECT):
            sys.exit(f"{wrong[0]} does not say what {args.results} says: run bench/peers/compare.py --report")
        return
    report.write(results, PROJECT)


if __name__ == "__main__":
    main()
