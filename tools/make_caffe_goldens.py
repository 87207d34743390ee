#!/usr/bin/env python3
"""Writes tests/golden/data/caffe-layers.json: what Caffe's layers answer, by the plain rules of caffe_reference.py; and
holds these against PyTorch where that has the layer.

usage: tools/make_caffe_goldens.py
"""

import json
import pathlib

import numpy as np
import torch

import caffe_reference as caffe

DATA = pathlib.Path(__file__).parent.parent / "tests" / "golden" / "data"
random = np.random.default_rng(1)


def numbers(*shape, least=-1.0, most=1.0):
    return np.round(random.uniform(least, most, shape), 3)


def rounded(values):
    return [float(f"{v:.9g}") for v in np.asarray(values, dtype=np.float64).reshape(-1)]


class Case:
    def __init__(self, name, **inputs):
        self.name, self.inputs, self.blobs, self.layers = name, inputs, {}, []
        for top, x in inputs.items():
            dims = " ".join(f"dim: {d}" for d in (1, *x.shape))
            self.layers.append(f'layer {{ name: "{top}" type: "Input" top: "{top}" '
                               f"input_param {{ shape {{ {dims} }} }} }}")

    def layer(self, kind, bottoms, tops="y", more="", blobs=(), name=None):
        bottoms, tops = bottoms.split(), tops.split()
        name = name or tops[0]
        words = [f'name: "{name}" type: "{kind}"', *(f'bottom: "{b}"' for b in bottoms), *(f'top: "{t}"' for t in tops)]
        self.layers.append("layer { " + " ".join(words + ([more] if more else [])) + " }")
        if len(blobs):
            self.blobs[name] = [{"shape": list(np.shape(b)), "values": rounded(b)} for b in blobs]
        return self

    def result(self, value, y):
        """`value` is what the graph calls it."""
        nhwc = np.moveaxis(y, 0, 2)
        return {"name": self.name, "net": "\n".join(self.layers) + "\n", "blobs": self.blobs, "value": value,
                "inputs": {top: {"shape": [1, *np.moveaxis(x, 0, 2).shape], "values": rounded(np.moveaxis(x, 0, 2))}
                           for top, x in self.inputs.items()},
                "shape": [1, *nhwc.shape], "values": rounded(nhwc)}


def against_torch(y, module):
    assert np.allclose(y, module.numpy().reshape(y.shape), rtol=1e-12, atol=1e-12)
    return y


def tensor(x):
    return torch.from_numpy(np.ascontiguousarray(x, dtype=np.float64))


def windows():
    functional = torch.nn.functional
    x = numbers(4, 7, 6)
    w, b = numbers(6, 2, 3, 2), numbers(6)
    y = against_torch(caffe.convolution(x, w, b, (2, 1), (1, 0), group=2),
                      functional.conv2d(tensor(x), tensor(w), tensor(b), (2, 1), (1, 0), groups=2))
    yield Case("convolution in groups", data=x).layer(
        "Convolution", "data", more="convolution_param { num_output: 6 kernel_h: 3 kernel_w: 2 stride_h: 2 stride_w: 1 "
        "pad_h: 1 pad_w: 0 group: 2 }", blobs=(w, b)).result("y", y)
    w = numbers(3, 4, 3, 2)
    y = caffe.convolution(x, w, None, (1, 1), (2, 2), (2, 2))
    yield Case("dilated convolution of two kernel sizes", data=x).layer(
        "Convolution", "data", more="convolution_param { num_output: 3 kernel_size: 3 kernel_size: 2 pad: 2 dilation: 2 "
        "bias_term: false }", blobs=(w,)).result("y", y)
    w, b = numbers(4, 1, 3, 3), numbers(4)
    yield Case("depthwise convolution with the oldest form of a bias", data=x).layer(
        "DepthwiseConvolution", "data", more="convolution_param { num_output: 4 kernel_size: 3 pad: 1 }",
        blobs=(w, b.reshape(1, 1, 1, 4))).result("y", caffe.convolution(x, w, b, (1, 1), (1, 1), group=4))
    w, b = numbers(4, 3, 4, 4), numbers(3)
    y = against_torch(caffe.deconvolution(x, w, b, (2, 2), (1, 1)),
                      functional.conv_transpose2d(tensor(x), tensor(w), tensor(b), 2, 1))
    yield Case("deconvolution", data=x).layer(
        "Deconvolution", "data", more="convolution_param { num_output: 3 kernel_size: 4 stride: 2 pad: 1 }",
        blobs=(w, b)).result("y", y)
    w = numbers(4, 1, 4, 4)
    yield Case("deconvolution of each channel", data=x).layer(
        "Deconvolution", "data", more="convolution_param { num_output: 4 kernel_size: 4 stride: 2 group: 4 "
        "bias_term: false }", blobs=(w,)).result("y", caffe.deconvolution(x, w, None, (2, 2), group=4))
    for kind in ("MAX", "AVE"):
        for height, width, kernel, stride, pad, mode in ((7, 6, 3, 2, 0, "CEIL"), (6, 5, 3, 2, 1, "CEIL"),
                                                          (8, 8, 2, 3, 1, "CEIL"), (6, 6, 3, 2, 0, "FLOOR"),
                                                          (5, 7, 2, 2, 1, "CEIL")):
            x = numbers(2, height, width)
            y = caffe.pool(x, kind, (kernel, kernel), (stride, stride), (pad, pad), mode == "CEIL")
            torch_pool = functional.max_pool2d if kind == "MAX" else functional.avg_pool2d
            against_torch(y, torch_pool(tensor(x)[None], kernel, stride, pad, ceil_mode=mode == "CEIL"))
            yield Case(f"{kind} of {kernel} by {stride}, padding {pad}, {mode}, {height}x{width}", data=x).layer(
                "Pooling", "data", more=f"pooling_param {{ pool: {kind} kernel_size: {kernel} stride: {stride} "
                f"pad: {pad} round_mode: {mode} }}").result("y", y)
        x = numbers(3, 4, 5)
        y = (x.max((1, 2)) if kind == "MAX" else x.mean((1, 2)))[:, None, None]
        yield Case(f"global {kind}", data=x).layer(
            "Pooling", "data", more=f"pooling_param {{ pool: {kind} global_pooling: true }}").result("y", y)


def functions():
    x = numbers(3, 4, 5, least=-3, most=3)
    sigmoid = 1 / (1 + np.exp(-x))
    for name, kind, more, blobs, y in (
            ("slope", "ReLU", "relu_param { negative_slope: 0.1 }", (), np.where(x > 0, x, 0.1 * x)),
            ("tanh", "TanH", "", (), np.tanh(x)), ("sigmoid", "Sigmoid", "", (), sigmoid),
            ("absolute value", "AbsVal", "", (), np.abs(x)),
            ("swish", "Swish", "", (), x * sigmoid),
            ("clip", "Clip", "clip_param { min: 0 max: 6 }", (), np.clip(x, 0, 6)),
            ("softmax", "Softmax", "", (), caffe.softmax(x)),
            ("scale and shift", "Power", "power_param { scale: 0.5 shift: -2 }", (), 0.5 * x - 2),
            ("square", "Power", "power_param { power: 2 scale: 3 }", (), (3 * x) ** 2),
            ("shared slope", "PReLU", "prelu_param { channel_shared: true }", (np.array([0.3]),),
             np.where(x > 0, x, 0.3 * x)),
            ("norm across channels", "LRN", "lrn_param { local_size: 3 alpha: 0.5 beta: 0.75 k: 2 }", (),
             caffe.lrn(x, 3, 0.5, 0.75, 2))):
        # Twice the function, since a sigmoid or a softmax at the end is no part of the scores.
        yield Case(name, data=x).layer(kind, "data", "f", more, blobs).layer(
            "Power", "f", more="power_param { scale: 2 }").result("y", 2 * y)
    slopes = numbers(3)
    yield Case("slopes", data=x).layer("PReLU", "data", blobs=(slopes,)).result(
        "y", np.where(x > 0, x, slopes[:, None, None] * x))
    yield Case("tops of the bottoms' names", data=x).layer("Power", "data", "x", "power_param { scale: -1 }").layer(
        "ReLU", "x", "x", name="relu").layer("Power", "x", "x", "power_param { scale: 2 }", name="twice").result(
            "twice", 2 * np.maximum(-x, 0))


def channels():
    x = numbers(3, 4, 5)
    mean, variance, factor = numbers(3), numbers(3, least=0.5, most=2), np.array([2.5])
    weight, bias = numbers(3), numbers(3)
    normed = caffe.batch_norm(x, mean, variance, factor[0])
    column = (slice(None), None, None)
    yield Case("batch norm", data=x).layer("BatchNorm", "data", blobs=(mean, variance, factor)).result("y", normed)
    yield Case("batch norm and scale", data=x).layer(
        "BatchNorm", "data", "n", "batch_norm_param { use_global_stats: true eps: 0.01 }", (mean, variance, factor)).layer(
            "Scale", "n", "n", "scale_param { bias_term: true }", (weight, bias), name="scaled").layer(
                "Power", "n", more="power_param { scale: 2 }").result(
                    "y", 2 * (caffe.batch_norm(x, mean, variance, factor[0], 0.01) * weight[column] + bias[column]))
    yield Case("scale alone", data=x).layer("Scale", "data", more="scale_param { bias_term: true }",
                                            blobs=(weight, bias)).result("y", x * weight[column] + bias[column])
    yield Case("one factor that does not learn", data=x).layer(
        "Scale", "data", more='param { lr_mult: 0 } scale_param { filler { type: "constant" value: 0.01 } }',
        blobs=(np.full(3, 0.01),)).result("y", 0.01 * x)
    yield Case("bias", data=x).layer("Bias", "data", blobs=(bias,)).result("y", x + bias[column])
    gate = numbers(3, 1, 1)
    yield Case("scale by another blob", data=x, gate=gate).layer(
        "Scale", "data gate", more="scale_param { axis: 0 }").result("y", x * gate)


def joins():
    a, b, c = numbers(3, 4, 5), numbers(3, 4, 5), numbers(3, 4, 5)
    for operation, more, y in (("SUM", " coeff: 0.5 coeff: -2 coeff: 1", 0.5 * a - 2 * b + c), ("PROD", "", a * b * c),
                               ("MAX", "", np.maximum(a, np.maximum(b, c)))):
        yield Case(f"elementwise {operation}", a=a, b=b, c=c).layer(
            "Eltwise", "a b c", more=f"eltwise_param {{ operation: {operation}{more} }}").result("y", y)
    yield Case("slices put together the other way round", a=a, b=b).layer("Concat", "a b", "ab").layer(
        "Slice", "ab", "p q r", "slice_param { slice_point: 1 slice_point: 4 }", name="slice").layer(
            "Concat", "r q p").result("y", np.concatenate([b[1:], a[1:], b[:1], a[:1]]))
    yield Case("maxout of two halves", a=a[:2]).layer("Slice", "a", "p q", name="slice").layer(
        "Eltwise", "p q", more="eltwise_param { operation: MAX }").result("y", a[:2].max(0)[None])
    w = numbers(2, 3, 1, 1)
    small = Case("crop of two offsets", a=a).layer(
        "Pooling", "a", "small", "pooling_param { pool: MAX kernel_size: 3 }").layer(
            "Crop", "a small", more="crop_param { axis: 2 offset: 1 offset: 2 }")
    yield small.result("y", a[:, 1:3, 2:5])
    yield Case("crop of channels, too", a=a).layer(
        "Convolution", "a", "two", "convolution_param { num_output: 2 kernel_size: 1 bias_term: false }", (w,)).layer(
            "Crop", "a two", more="crop_param { axis: 1 offset: 1 offset: 0 offset: 0 }").result("y", a[1:])


def features():
    x = numbers(3, 5, 5)
    w, b = numbers(7, 75), numbers(7)
    y = caffe.inner_product(x, w, b)
    plain = "inner_product_param { num_output: 7 }"
    yield Case("fully connected", data=x).layer("InnerProduct", "data", more=plain, blobs=(w, b)).result("y", y)
    yield Case("fully connected, transposed, of the oldest shape", data=x).layer(
        "InnerProduct", "data", more="inner_product_param { num_output: 7 transpose: true }",
        blobs=(w.T.reshape(1, 1, 75, 7), b.reshape(1, 1, 1, 7))).result("y", y)
    w2 = numbers(2, 7)
    yield Case("flattened on the way", data=x).layer("Flatten", "data", "flat").layer("ReLU", "flat", "flat", name="r").layer(
        "InnerProduct", "flat", "ip", plain, (w, b)).layer(
            "Reshape", "ip", "row", "reshape_param { shape { dim: 0 dim: -1 } }").layer(
                "InnerProduct", "row", more="inner_product_param { num_output: 2 bias_term: false }", blobs=(w2,)).result(
                    "y", caffe.inner_product(caffe.inner_product(np.maximum(x, 0), w, b), w2))


def shared():
    a, b = numbers(2, 4, 5), numbers(2, 4, 5)
    w = numbers(3, 2, 1, 1)
    case = Case("two layers that share their weights", a=a, b=b)
    conv = 'param { name: "w" } convolution_param { num_output: 3 kernel_size: 1 bias_term: false }'
    case.layer("Convolution", "a", "of_a", conv, (w,)).layer("Convolution", "b", "of_b", conv)
    yield case.layer("Eltwise", "of_a of_b", more="eltwise_param { coeff: 1 coeff: -1 }").result(
        "y", caffe.convolution(a, w) - caffe.convolution(b, w))


def neighbours():
    x = numbers(3, 4, 5, least=-3, most=3)
    for size, more in ((3, "alpha: 0.5"), (5, "alpha: 2 k: 3"), (7, "alpha: 1")):
        alpha = float(more.split()[1])
        yield Case(f"norm within channels of {size}", data=x).layer(
            "LRN", "data", more=f"lrn_param {{ local_size: {size} {more} beta: 0.75 norm_region: WITHIN_CHANNEL }}"
            ).result("y", caffe.lrn_within(x, size, alpha, 0.75))


def gates():
    x, gate, shortcut = numbers(3, 4, 5), numbers(3, 1, 1), numbers(3, 4, 5)
    yield Case("a gate and a shortcut", gate=gate, data=x, shortcut=shortcut).layer(
        "Axpy", "gate data shortcut").result("y", x * gate + shortcut)


def main():
    groups = (windows, functions, channels, joins, features, shared, neighbours, gates)
    cases = [case for group in groups for case in group()]
    text = json.dumps({"cases": cases}, separators=(",", ":")).replace('},{"name"', '},\n{"name"') + "\n"
    (DATA / "caffe-layers.json").write_text(text)
    print(f"{len(cases)} cases, {len(text)} bytes")


if __name__ == "__main__":
    main()
