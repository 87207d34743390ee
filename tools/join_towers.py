#!/usr/bin/env python3
"""Joins networks that were trained one by one into the weights of a network that has a tower for each input, as the FCN
paper's late fusion begins: NAME=FILE.safetensors for each input NAME; FILE's tensor X becomes towers.NAME.X.

    tools/join_towers.py color=color.safetensors hha=hha.safetensors -o both.safetensors
    fcn train --model fcn32s-vgg16-late-fusion --inputs color,hha --weights both.safetensors …
"""

import argparse
import json
import re
import struct
import sys


def read(path):
    """The header of a safetensors file without its metadata, and where its data begin."""
    most = 100_000_000  # of the format
    try:
        with open(path, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(size)) if size <= most else None
    except OSError as error:
        sys.exit(f"cannot read {path}: {error.strerror}")
    except ValueError:
        header = None
    if not isinstance(header, dict):
        sys.exit(f"{path} is no safetensors file")
    header.pop("__metadata__", None)
    return header, 8 + size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("towers", nargs="+", metavar="NAME=FILE")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    joined, sources, offset, names = {}, [], 0, set()
    for tower in arguments.towers:
        name, equals, path = tower.partition("=")
        if not equals or not name:
            sys.exit(f"{tower} is not NAME=FILE")
        if name in names:
            sys.exit(f"the input {name} has two files")
        names.add(name)
        header, begin = read(path)
        for tensor, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
            head, layer = re.fullmatch(r"(heads\.[^.]+\.)?(.*)", tensor).groups()
            # The upsampling is behind the fusion: there is one, which both have alike.
            of_tower = tensor if layer.startswith("upscore") else f"{head or ''}towers.{name}.{layer}"
            if of_tower in joined:
                continue
            first, last = entry["data_offsets"]
            joined[of_tower] = {**entry, "data_offsets": [offset, offset + last - first]}
            sources.append((path, begin + first, last - first))
            offset += last - first
    text = json.dumps(joined).encode()
    text += b" " * (-len(text) % 8)
    try:
        with open(arguments.output, "xb") as output:
            output.write(struct.pack("<Q", len(text)) + text)
            for path, begin, size in sources:
                with open(path, "rb") as file:
                    file.seek(begin)
                    output.write(file.read(size))
    except OSError as error:
        sys.exit(f"cannot write {arguments.output}: {error.strerror}")


if __name__ == "__main__":
    main()
