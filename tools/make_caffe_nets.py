#!/usr/bin/env python3
"""Writes the nets of tests/caffe: Caffe's form of the networks of the paper, and of classifiers that it begins with.

They are written from the descriptions of the papers (Long, Shelhamer, Darrell 2015; Krizhevsky et al. 2012; Szegedy et
al. 2014; Iandola et al. 2016; LeCun et al. 1998), a layer a line. Where a crop begins is computed here as Caffe's tools
do, from where the pixels of both maps lie, so that the tests can hold fcn's own computation against it.

usage: tools/make_caffe_nets.py [FOLDER]        (default: tests/caffe)
"""

import pathlib
import sys
from fractions import Fraction

VGG16 = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]


class Net:
    """A net's text, and for each top the place of its pixels: (scale, offset), in pixels of the picture."""

    def __init__(self, name):
        self.lines = [f'name: "{name}"']
        self.place = {}

    def layer(self, name, kind, bottoms=(), tops=None, more=""):
        tops = [name] if tops is None else tops
        words = [f'name: "{name}"', f'type: "{kind}"']
        words += [f'bottom: "{b}"' for b in bottoms] + [f'top: "{t}"' for t in tops]
        self.lines.append("layer { " + " ".join(words + ([more] if more else [])) + " }")
        for top in tops:
            if top not in bottoms:
                self.place[top] = self.place[bottoms[0]] if bottoms else (Fraction(1), Fraction(0))
        return tops[0]

    def windows(self, name, bottom, kernel, stride, pad, dilation=1):
        scale, offset = self.place[bottom]
        reach = Fraction(dilation * (kernel - 1), 2)
        self.place[name] = (scale * stride, offset + scale * (reach - pad))

    def conv(self, name, bottom, outputs, kernel, stride=1, pad=0, group=1, more="", rates=True):
        words = f"num_output: {outputs}"
        words += f" pad: {pad}" if pad else ""
        words += f" kernel_size: {kernel}" + (f" stride: {stride}" if stride > 1 else "")
        words += f" group: {group}" if group > 1 else ""
        params = "param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 decay_mult: 0 } " if rates else ""
        self.layer(name, "Convolution", [bottom], more=f"{params}convolution_param {{ {words}{more} }}")
        self.windows(name, bottom, kernel, stride, pad)
        return name

    def relu(self, name, bottom):
        return self.layer(name, "ReLU", [bottom], [bottom])

    def conv_relu(self, name, bottom, *args, relu=None, **more):
        self.conv(name, bottom, *args, **more)
        self.relu(relu or name.replace("conv", "relu").replace("fc", "relu"), name)
        return name

    def pool(self, name, bottom, kernel, stride, pad=0, kind="MAX"):
        pads = f" pad: {pad}" if pad else ""
        self.layer(name, "Pooling", [bottom], more=f"pooling_param {{ pool: {kind} kernel_size: {kernel} stride: {stride}{pads} }}")
        self.windows(name, bottom, kernel, stride, pad)
        return name

    def global_pool(self, name, bottom):
        return self.layer(name, "Pooling", [bottom], more="pooling_param { pool: AVE global_pooling: true }")

    def dropout(self, name, bottom, ratio=0.5):
        return self.layer(name, "Dropout", [bottom], [bottom], f"dropout_param {{ dropout_ratio: {ratio} }}")

    def lrn(self, name, bottom):
        return self.layer(name, "LRN", [bottom], more="lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")

    def upscore(self, name, bottom, outputs, kernel, stride):
        words = f"num_output: {outputs} bias_term: false kernel_size: {kernel} stride: {stride}"
        self.layer(name, "Deconvolution", [bottom], more=f"param {{ lr_mult: 0 }} convolution_param {{ {words} }}")
        scale, offset = self.place[bottom]
        self.place[name] = (scale / stride, offset - scale / stride * Fraction(kernel - 1, 2))
        return name

    def crop(self, name, bottom, like):
        (scale, offset), (other, like_offset) = self.place[bottom], self.place[like]
        begin = (like_offset - offset) / scale
        assert scale == other and begin.denominator == 1 and begin >= 0, (name, scale, other, begin)
        self.layer(name, "Crop", [bottom, like], more=f"crop_param {{ axis: 2 offset: {begin} }}")
        self.place[name] = self.place[like]
        return name

    def add(self, name, bottoms, coefficients=""):
        return self.layer(name, "Eltwise", bottoms, more=f"eltwise_param {{ operation: SUM{coefficients} }}")

    def fully_connected(self, name, bottom, outputs):
        return self.layer(name, "InnerProduct", [bottom], more=f"inner_product_param {{ num_output: {outputs} }}")

    def loss(self, name, scores, labels, normalize="false"):
        self.layer(name, "SoftmaxWithLoss", [scores, labels],
                   more=f"loss_param {{ ignore_label: 255 normalize: {normalize} }}")

    def input(self, name, *dims):
        self.layer(name, "Input", (), [name], "input_param { shape { " + " ".join(f"dim: {d}" for d in dims) + " } }")

    def python_data(self, module, kind, made, **params):
        text = str(params).replace("'", "\\'")
        self.layer("data", "Python", (), made,
                   f'python_param {{ module: "{module}" layer: "{kind}" param_str: "{text}" }}')

    def text(self):
        return "\n".join(self.lines) + "\n"


def vgg16(net, data, suffix="", conv1_1=None):
    """The layers that all FCNs on VGG16 share, up to dropout behind fc7; returns the names of the pools, and fc7."""
    x, pools = data, []
    for block, (channels, count) in enumerate(VGG16, 1):
        for i in range(1, count + 1):
            first = block == i == 1
            name = conv1_1 if first and conv1_1 else f"conv{block}_{i}{suffix}"
            net.conv_relu(name, x, channels, 3, pad=100 if first else 1, relu=f"relu{block}_{i}{suffix}")
            x = name
        x = net.pool(f"pool{block}{suffix}", x, 2, 2)
        pools.append(x)
    for name, kernel in (("fc6", 7), ("fc7", 1)):
        x = net.conv_relu(name + suffix, x, 4096, kernel, relu=name.replace("fc", "relu") + suffix)
        net.dropout(name.replace("fc", "drop") + suffix, x)
    return pools, x


def fcn_head(net, pools, features, stride, classes, data, head="", at_once=False):
    """The scores of an FCN-32s, -16s or -8s; `head` is what its layers' names end with ("_sem")."""
    x = net.conv("score_fr" + head, features, classes, 1)
    names = {32: [], 16: ["upscore2"], 8: ["upscore2", "upscore_pool4"]}[stride]
    for up, pool, scale in zip(names, ("pool4", "pool3"), (0.01, 0.0001)):
        up = net.upscore(up + head, x, classes, 4, 2)
        fine = pools[int(pool[-1]) - 1]
        if at_once:
            fine = net.layer(f"scale_{pool}", "Scale", [fine],
                             more=f'param {{ lr_mult: 0 }} scale_param {{ filler {{ type: "constant" value: {scale} }} }}')
        net.conv(f"score_{pool}{head}", fine, classes, 1)
        cropped = net.crop(f"score_{pool}{head}c", f"score_{pool}{head}", up)
        x = net.add(f"fuse_{pool}{head}", [up, cropped])
    last = "upscore" if stride == 32 else f"upscore{stride}"
    return net.crop("score" + head, net.upscore(last + head, x, classes, 2 * stride, stride), data)


def voc_data(net, split):
    train = split == "train"
    folder = {"sbdd_dir": "sbdd"} if train else {"voc_dir": "voc"}
    net.python_data("voc_layers", "SBDDSegDataLayer" if train else "VOCSegDataLayer", ["data", "label"], **folder,
                    seed=1, split=split, mean=(104.00699, 116.66877, 122.67892))


def voc(stride, split="train", at_once=False):
    net = Net(f"FCN-{stride}s{' at once' if at_once else ''} on VGG16, PASCAL VOC")
    voc_data(net, split)
    pools, features = vgg16(net, "data")
    net.loss("loss", fcn_head(net, pools, features, stride, 21, "data", at_once=at_once), "label")
    return net.text()


def voc_deploy():
    net = Net("FCN-8s on VGG16, PASCAL VOC")
    net.input("data", 1, 3, 500, 500)
    pools, features = vgg16(net, "data")
    fcn_head(net, pools, features, 8, 21, "data")
    return net.text()


def alexnet_layers(net, pad, pools_before_norm=True):
    """Convolutions and pools of AlexNet in Caffe's form: groups, response normalisation behind the first two pools."""
    x = net.conv_relu("conv1", "data", 96, 11, stride=4, pad=pad, rates=False)
    for i in (1, 2):
        if pools_before_norm:
            x = net.lrn(f"norm{i}", net.pool(f"pool{i}", x, 3, 2))
        else:
            x = net.pool(f"pool{i}", net.lrn(f"norm{i}", x), 3, 2)
        if i == 1:
            x = net.conv_relu("conv2", x, 256, 5, pad=2, group=2, rates=False)
    x = net.conv_relu("conv3", x, 384, 3, pad=1, rates=False)
    x = net.conv_relu("conv4", x, 384, 3, pad=1, group=2, rates=False)
    x = net.conv_relu("conv5", x, 256, 3, pad=1, group=2, rates=False)
    return net.pool("pool5", x, 3, 2)


def voc_alexnet(split="train"):
    net = Net("FCN on AlexNet, PASCAL VOC")
    voc_data(net, split)
    x = alexnet_layers(net, 100)
    for name, kernel in (("fc6", 6), ("fc7", 1)):
        x = net.conv_relu(name, x, 4096, kernel, rates=False)
        net.dropout(name.replace("fc", "drop"), x)
    net.conv("score_fr", x, 21, 1)
    net.upscore("upscore", "score_fr", 21, 63, 32)
    net.loss("loss", net.crop("score", "upscore", "data"), "label", normalize="true")
    return net.text()


def nyud(kind):
    net = Net(f"FCN-32s on VGG16, NYUDv2 {kind}")
    tops = {"color": ["data"], "hha": ["data"], "color-d": ["color", "depth"], "color-hha": ["color", "hha"]}[kind]
    of = {"color": ["color"], "hha": ["hha"]}.get(kind, tops)
    net.python_data("nyud_layers", "NYUDSegDataLayer", tops + ["label"], nyud_dir="nyud", split="trainval",
                    tops=of + ["label"], seed=1)
    if kind == "color-hha":
        scores = []
        for modality in tops:
            _, x = vgg16(net, modality, modality)
            scores.append(net.conv("score_fr" + modality, x, 40, 1))
        x, like = net.add("score_fused", scores, " coeff: 0.5 coeff: 0.5"), "color"
    else:
        if kind == "color-d":
            net.layer("data", "Concat", tops)
        _, x = vgg16(net, "data", conv1_1="conv1_1_bgrd" if kind == "color-d" else None)
        x, like = net.conv("score_fr", x, 40, 1), "data"
    net.upscore("upscore", x, 40, 64, 32)
    net.loss("loss", net.crop("score", "upscore", like), "label")
    return net.text()


def siftflow(stride):
    net = Net(f"FCN-{stride}s on VGG16, SIFT Flow")
    net.python_data("siftflow_layers", "SIFTFlowSegDataLayer", ["data", "sem", "geo"], siftflow_dir="sift-flow",
                    split="trainval", seed=1)
    pools, features = vgg16(net, "data")
    for head, classes, loss in (("sem", 33, "loss"), ("geo", 3, "loss_geo")):
        net.loss(loss, fcn_head(net, pools, features, stride, classes, "data", "_" + head), head)
    return net.text()


def pascal_context(stride):
    net = Net(f"FCN-{stride}s on VGG16, PASCAL-Context")
    net.python_data("pascalcontext_layers", "PASCALContextSegDataLayer", ["data", "label"], voc_dir="voc",
                    context_dir="context", split="train", seed=1)
    pools, features = vgg16(net, "data")
    net.loss("loss", fcn_head(net, pools, features, stride, 60, "data"), "label")
    return net.text()


def lenet_layers(net):
    x = net.pool("pool1", net.conv("conv1", "data", 20, 5), 2, 2)
    x = net.pool("pool2", net.conv("conv2", x, 50, 5), 2, 2)
    net.relu("relu1", net.fully_connected("ip1", x, 500))
    return net.fully_connected("ip2", "ip1", 10)


def lenet_deploy():
    net = Net("LeNet")
    net.input("data", 64, 1, 28, 28)
    net.layer("prob", "Softmax", [lenet_layers(net)])
    return net.text()


def lenet_train():
    net = Net("LeNet")
    for phase in ("TRAIN", "TEST"):
        net.layer("mnist", "Data", (), ["data", "label"],
                  f"include {{ phase: {phase} }} transform_param {{ scale: 0.00390625 }} "
                  f'data_param {{ source: "mnist_{phase.lower()}_lmdb" batch_size: 64 backend: LMDB }}')
    scores = lenet_layers(net)
    net.layer("accuracy", "Accuracy", [scores, "label"], more="include { phase: TEST }")
    net.layer("loss", "SoftmaxWithLoss", [scores, "label"])
    return net.text()


def caffenet_deploy():
    net = Net("CaffeNet")
    net.input("data", 10, 3, 227, 227)
    x = alexnet_layers(net, 0)
    for name in ("fc6", "fc7"):
        net.relu(name.replace("fc", "relu"), net.fully_connected(name, x, 4096))
        x = net.dropout(name.replace("fc", "drop"), name)
    net.layer("prob", "Softmax", [net.fully_connected("fc8", x, 1000)])
    return net.text()


def googlenet_deploy():
    net = Net("GoogLeNet")
    net.input("data", 10, 3, 224, 224)
    xavier = ' weight_filler { type: "xavier" } bias_filler { type: "constant" value: 0.2 }'

    def conv(name, *args, **more):
        return net.conv_relu(name, *args, relu=name.replace("/", "/relu_", 1), more=xavier, **more)

    x = net.lrn("pool1/norm1", net.pool("pool1/3x3_s2", conv("conv1/7x7_s2", "data", 64, 7, stride=2, pad=3), 3, 2))
    x = conv("conv2/3x3", conv("conv2/3x3_reduce", x, 64, 1), 192, 3, pad=1)
    x = net.pool("pool2/3x3_s2", net.lrn("conv2/norm2", x), 3, 2)
    for name, (one, reduce3, three, reduce5, five, pooled) in {
            "3a": (64, 96, 128, 16, 32, 32), "3b": (128, 128, 192, 32, 96, 64), "4a": (192, 96, 208, 16, 48, 64),
            "4b": (160, 112, 224, 24, 64, 64), "4c": (128, 128, 256, 24, 64, 64), "4d": (112, 144, 288, 32, 64, 64),
            "4e": (256, 160, 320, 32, 128, 128), "5a": (256, 160, 320, 32, 128, 128),
            "5b": (384, 192, 384, 48, 128, 128)}.items():
        of = f"inception_{name}/"
        parts = [conv(of + "1x1", x, one, 1),
                 conv(of + "3x3", conv(of + "3x3_reduce", x, reduce3, 1), three, 3, pad=1),
                 conv(of + "5x5", conv(of + "5x5_reduce", x, reduce5, 1), five, 5, pad=2),
                 conv(of + "pool_proj", net.pool(of + "pool", x, 3, 1, pad=1), pooled, 1)]
        x = net.layer(of + "output", "Concat", parts)
        if name in ("3b", "4e"):
            x = net.pool(f"pool{int(name[0])}/3x3_s2", x, 3, 2)
    x = net.dropout("pool5/drop_7x7_s1", net.pool("pool5/7x7_s1", x, 7, 1, kind="AVE"), 0.4)
    net.layer("prob", "Softmax", [net.fully_connected("loss3/classifier", x, 1000)])
    return net.text()


def squeezenet_deploy():
    net = Net("SqueezeNet")
    net.input("data", 1, 3, 227, 227)
    x = net.pool("pool1", net.conv_relu("conv1", "data", 64, 3, stride=2, rates=False), 3, 2)
    for i, squeeze in ((2, 16), (3, 16), (4, 32), (5, 32), (6, 48), (7, 48), (8, 64), (9, 64)):
        of = f"fire{i}/"
        s = net.conv_relu(of + "squeeze1x1", x, squeeze, 1, relu=of + "relu_squeeze1x1", rates=False)
        parts = [net.conv_relu(of + f"expand{k}x{k}", s, 4 * squeeze, k, pad=k // 2, relu=of + f"relu_expand{k}x{k}",
                               rates=False) for k in (1, 3)]
        x = net.layer(of + "concat", "Concat", parts)
        if i in (3, 5):
            x = net.pool(f"pool{i}", x, 3, 2)
    net.dropout("drop9", x)
    net.conv_relu("conv10", x, 1000, 1, rates=False)
    net.layer("prob", "Softmax", [net.global_pool("pool10", "conv10")])
    return net.text()


NETS = {
    "voc-fcn32s": lambda: voc(32), "voc-fcn16s": lambda: voc(16), "voc-fcn8s": lambda: voc(8),
    "voc-fcn8s-val": lambda: voc(8, "seg11valid"), "voc-fcn8s-deploy": voc_deploy,
    "voc-fcn8s-atonce": lambda: voc(8, at_once=True), "voc-fcn-alexnet": voc_alexnet,
    **{f"nyud-fcn32s-{kind}": (lambda kind=kind: nyud(kind)) for kind in ("color", "hha", "color-d", "color-hha")},
    **{f"siftflow-fcn{s}s": (lambda s=s: siftflow(s)) for s in (32, 16, 8)},
    **{f"pascalcontext-fcn{s}s": (lambda s=s: pascal_context(s)) for s in (32, 16, 8)},
    "lenet": lenet_deploy, "lenet-train": lenet_train, "caffenet": caffenet_deploy, "googlenet": googlenet_deploy,
    "squeezenet": squeezenet_deploy,
}


def main():
    if len(sys.argv) > 2 or (len(sys.argv) == 2 and sys.argv[1].startswith("-")):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) == 2 else "tests/caffe")
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in NETS.items():
        (folder / f"{name}.prototxt").write_text(make())


if __name__ == "__main__":
    main()
