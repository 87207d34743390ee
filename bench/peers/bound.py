"""How fast the padded FCN-8s could be at most: the multiplications that the tile-8 Winograd family leaves inside the image window.

A layer's window is what of its output a pixel of the image can reach; the rest is the network's answer to padding, equal for
every image of a size. A kernel of 3, 5 or 7 takes 64 multiplications for 36, 16 or 4 outputs; all others are direct.
"""
import json
import subprocess

OUTPUTS_OF_TILE = {3: 36, 5: 16, 7: 4}


def reached(outputs, scale, offset, field, pixels):
    """How many of a row's outputs see a pixel: output i sees `field` pixels around scale · i + offset."""
    centres = (scale * i + offset for i in range(outputs))
    return sum(1 for centre in centres if -field / 2 < centre < pixels - 1 + field / 2)


def multiplications(fcn, network, size):
    """Of all layers with weights: computed directly, by the tile-8 family, and of that inside the window; the last by layer too."""
    info = json.loads(subprocess.run([fcn, "info", network, "--size", size, "--json"], check=True, capture_output=True).stdout)
    pixels = (info["height"], info["width"])
    counts = {"direct": 0.0, "winograd": 0.0, "window": 0.0, "layers": {}}
    before = {"receptive_field": [1, 1], "scale": [1, 1]}
    for layer in info["layers"]:
        # What a convolution adds to the receptive field tells its kernel; skips read another layer than the one before, but
        # are 1×1, and no tile has their figure.
        side = round((layer["receptive_field"][0] - before["receptive_field"][0]) / before["scale"][0]) + 1
        outputs = OUTPUTS_OF_TILE.get(side) if layer["operation"] == "Conv2d" else None
        left = layer["multiply_adds"] * (64 / outputs / side ** 2 if outputs else 1)
        counts["direct"] += layer["multiply_adds"]
        counts["winograd"] += left
        for axis in (0, 1):
            size_of_axis = layer["output"][1 + axis]
            left *= reached(size_of_axis, layer["scale"][axis], layer["offset"][axis], layer["receptive_field"][axis],
                            pixels[axis]) / size_of_axis
        counts["window"] += left
        if left:
            counts["layers"][layer["name"]] = left
        before = layer
    return counts
