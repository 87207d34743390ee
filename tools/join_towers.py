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
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    header.pop("__metadata__", None)
    return header, 8 + size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("towers", nargs="+", metavar="NAME=FILE")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    joined, sources, offset = {}, [], 0
    for tower in arguments.towers:
        name, equals, path = tower.partition("=")
        if not equals or not name:
            sys.exit(f"{tower} is not NAME=FILE")
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
    with open(arguments.output, "xb") as output:
        output.write(struct.pack("<Q", len(text)) + text)
        for path, begin, size in sources:
            with open(path, "rb") as file:
                file.seek(begin)
                output.write(file.read(size))


if __name__ == "__main__":
    main()
