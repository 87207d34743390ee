#!/usr/bin/env python3
"""Writes tests/golden/data: what PyTorch answers, in double precision, so that the files hold the truth and not another
implementation's rounding. Weights and images come from the counter-based generator, so that the files stay small; real
weights and photographs are named, not kept.

    python tools/make_goldens.py --peers DIR --lite0 efficientnet-lite0.pth --photographs DIR [--only NAME]

--peers: the folder of fcn8s_torch.py and fcn8s_lite0_torch.py. --photographs: the JPEGImages of PASCAL VOC 2012.
"""
import argparse
import json
import sys
import zlib
from pathlib import Path

import numpy as np
import torch

from counter_random import random_image, random_parameter, random_state_dict
from reference_nets import (LITE_MEMBERS, AlexNet, CaffeGoogLeNet, EfficientNetLite, GoogLeNetFcn, LeNet, LiteFcn, ResNetFcn,
                            Vgg16Fcn, scores_only)

DATA = Path(__file__).parent.parent / "tests" / "golden" / "data"
PHOTOGRAPHS = ("2007_000063", "2007_000876", "2007_001724")
SEED, SAMPLES = 1, 300


def rounded(values):
    return [float(f"{value:.9g}") for value in values]


def nhwc(x):
    return x.permute(0, 2, 3, 1).contiguous().numpy().reshape(-1) if x.dim() == 4 else x.numpy().reshape(-1)


def spread(x):
    """Shape (N×H×W×C), mean, standard deviation and a few samples of a map."""
    values, (n, c, h, w) = nhwc(x), x.shape
    positions = np.linspace(0, values.size - 1, 12).astype(int)
    return {"shape": [n, h, w, c], "mean": rounded([values.mean()])[0], "std": rounded([values.std()])[0],
            "positions": positions.tolist(), "values": rounded(values[positions])}


def hook_maps(net, kind):
    """Collects the maps that both sides name: (what the graph calls it) → tensor."""
    found, hooks = {}, []

    def output_of(module, name):
        hooks.append(module.register_forward_hook(lambda m, i, out: found.__setitem__(name, out)))

    def input_of(module, name):
        hooks.append(module.register_forward_pre_hook(lambda m, i: found.__setitem__(name, i[0])))

    if kind == "vgg16":
        output_of(net.features[16], "pool3")
        output_of(net.features[23], "pool4")
        output_of(net.score_fr, "score_fr")
        ups = [name for name, _ in net.named_children() if name.startswith("upscore") and name != "upscore2"]
        skips = [name for name, _ in net.named_children() if name.startswith("score_pool")]
        if ups != ["upscore"]:
            for skip, up in zip(skips, ups):
                input_of(getattr(net, up), "fuse_" + skip.removeprefix("score_"))
    elif kind == "alexnet":
        output_of(net.score_fr, "score_fr")
    elif kind == "scores":
        for name, module in net.named_children():
            if name.startswith("score"):
                output_of(module, name)
    else:
        for name in ("backbone.maxpool", "backbone.layer1.0.relu", "classifier.4"):
            output_of(net.get_submodule(name), name)
    return found


def write(name, content):
    DATA.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, separators=(",", ":")).replace('],"', '],\n"') + "\n"
    (DATA / f"{name}.json").write_text(text)
    print(f"{name}: {len(text)} bytes", file=sys.stderr)


def random_golden(name, net, kind, height, width, amplitude, channels=3):
    """The scores of a network with the generator's weights for the generator's image."""
    write(name, golden_of(name, net, random_state_dict(net, SEED), kind, height, width, amplitude, channels))


def golden_of(name, net, weights, kind, height, width, amplitude, channels=3):
    net = net.eval()
    net.load_state_dict(weights)
    image = torch.from_numpy(random_image(SEED, amplitude, height, width, channels)).permute(2, 0, 1)[None].contiguous()
    with torch.inference_mode():
        single = nhwc(net(image)).astype(np.float64)
        net = net.double()
        maps = hook_maps(net, kind) if kind else {}
        result = net(image.double())
        scores = nhwc(result)
    positions = np.unique(np.linspace(0, scores.size - 1, SAMPLES).astype(int)) if scores.size > 1000 else np.arange(
        scores.size)
    error = np.abs(single - scores).max() / scores.std()
    print(f"{name}: std {scores.std():.4g}, mean {scores.mean():.4g}; float32 is within {error:.2e} of std", file=sys.stderr)
    shape = [1, *result.shape[2:], result.shape[1]] if result.dim() == 4 else [1, 1, 1, result.shape[1]]
    return {"model": name, "seed": SEED, "amplitude": amplitude, "height": height, "width": width, "shape": shape,
            "mean": rounded([scores.mean()])[0], "std": rounded([scores.std()])[0],
            "maps": {key: spread(value) for key, value in maps.items()},
            "positions": positions.tolist(), "scores": rounded(scores[positions])}


def form_golden():
    """A network of another form: filters that are bilinear no more, scaled skips, fewer channels in fc6 and fc7."""
    net = Vgg16Fcn(8, resize=True, filters=True, skip_scale=0.1, fc_channels=32)
    weights = {name: torch.from_numpy(random_parameter("learned_" + name, tuple(value.shape), SEED))
               if name.startswith("upscore") else value for name, value in random_state_dict(net, SEED).items()}
    form = {"upsampling": "learned", "skip_scale": 0.1, "fc_channels": 32}
    write("form", {"form": form} | golden_of("fcn8s-vgg16-unpadded", net, weights, "", 117, 83, 100))


def assert_same(name, ours, peer, height, width):
    """The networks of reference_nets.py are the peers' where both exist; under other names in the same order, perhaps."""
    peer.load_state_dict(random_state_dict(peer, SEED))
    weights, names = peer.state_dict(), ours.state_dict()
    ours.load_state_dict(weights if weights.keys() == names.keys() else dict(zip(names, weights.values())))
    image = torch.from_numpy(random_image(SEED, 1, height, width)).permute(2, 0, 1)[None].contiguous()
    with torch.inference_mode():
        assert torch.equal(ours.eval()(image), peer.eval()(image)), name


def photograph_goldens(net, folder):
    """The thousand scores of real photographs: their middle 224×224 pixels, not resized."""
    from PIL import Image

    photographs = []
    for name in PHOTOGRAPHS:
        photograph = np.asarray(Image.open(folder / f"{name}.jpg").convert("RGB"))
        top, left = (photograph.shape[0] - 224) // 2, (photograph.shape[1] - 224) // 2
        crop = np.ascontiguousarray(photograph[top:top + 224, left:left + 224])
        image = ((torch.from_numpy(crop).permute(2, 0, 1)[None].float() - 127) / 128).contiguous()
        with torch.inference_mode():
            single = net.float()(image).numpy().reshape(-1).astype(np.float64)
            scores = net.double()(image.double()).numpy().reshape(-1)
        error = np.abs(single - scores).max() / scores.std()
        print(f"{name}: class {scores.argmax()}, std {scores.std():.4g}; float32 is within {error:.2e} of std",
              file=sys.stderr)
        photographs.append({"file": f"{name}.jpg", "crc32": zlib.crc32(crop.tobytes()), "top": top, "left": left,
                            "std": rounded([scores.std()])[0], "scores": rounded(scores)})
    write("efficientnet-lite0-photographs", {"model": "efficientnet-lite0", "photographs": photographs})


def generator_golden():
    """The generator itself, so that a difference shows here before it shows as wrong scores."""
    shapes = {"features.0.weight": (64, 3, 3, 3), "features.0.bias": (64,), "classifier.0.weight": (4096, 512, 7, 7),
              "upscore2.weight": (21, 21, 4, 4), "_bn0.weight": (32,), "_bn0.running_mean": (32,),
              "_bn0.running_var": (32,), "_fc.weight": (1000, 1280), "_blocks.0._depthwise_conv.weight": (32, 1, 3, 3)}
    rows = []
    for name, shape in shapes.items():
        values = random_parameter(name, shape, SEED).reshape(-1)
        positions = np.unique(np.linspace(0, values.size - 1, 6).astype(int))
        rows.append({"name": name, "shape": shape, "positions": positions.tolist(),
                     "bits": values[positions].view(np.uint32).tolist()})
    image = random_image(SEED, 100, 19, 23).reshape(-1)
    positions = np.unique(np.linspace(0, image.size - 1, 20).astype(int))
    write("generator", {"seed": SEED, "parameters": rows,
                        "image": {"amplitude": 100, "height": 19, "width": 23, "positions": positions.tolist(),
                                  "bits": image[positions].view(np.uint32).tolist()}})


def function_goldens():
    """Functions of one number and their derivatives, at numbers from the kinks and their flat ends to the middle."""
    functions = {"Relu": torch.relu, "Relu6": torch.nn.functional.relu6, "Sigmoid": torch.sigmoid, "Tanh": torch.tanh,
                 "HardSigmoid": torch.nn.functional.hardsigmoid, "HardSwish": torch.nn.functional.hardswish}
    numbers = np.concatenate([np.linspace(-12, 12, 48), [-100, -1e-3, -1e-6, 0.001, 1e-6, 100]]).astype(np.float32)
    rows = []
    for slope in (0.125, -0.5):
        functions[f"LeakyRelu {slope}"] = lambda x, slope=slope: torch.nn.functional.leaky_relu(x, slope)
    for name, function in functions.items():
        x = torch.from_numpy(numbers).double().requires_grad_()
        y = function(x)
        y.sum().backward()
        name, *slope = name.split()
        rows.append({"name": name, **({"slope": float(slope[0])} if slope else {}), "y": rounded(y.detach().numpy()),
                     "derivative": rounded(x.grad.numpy())})
    write("functions", {"x": rounded(numbers.astype(np.float64)), "functions": rows})


LAYERS = 7  # channels of the maps below


def layer_goldens():
    """Layers that no network of the zoo has, with the gradients by all that they read: graphs with their inputs, weights
    and outputs. Maps are N×H×W×C; g is the gradient by the layer's output."""
    random = np.random.default_rng(12)
    rows = []

    def drawn(*shape):
        return torch.from_numpy(random.uniform(-2, 2, shape).astype(np.float32)).double().requires_grad_()

    def add(name, layer, reads, parameters, lines):
        """layer(*reads, *parameters): each is a name and a tensor, maps N×C×H×W. The lines may use g."""
        y = layer(*(tensor for _, tensor in reads + parameters))
        reads = reads + [("g", drawn(*y.shape))]
        (y * reads[-1][1].detach()).sum().backward()
        outputs = [("y", y)] + [(f"d_{name}", tensor.grad) for name, tensor in reads[:-1] + parameters]
        graph = "".join(f"input {name} channels={tensor.shape[1]}\n" for name, tensor in reads)
        graph += "".join(f"parameter {name} {'x'.join(map(str, tensor.shape))}\n" for name, tensor in parameters)
        graph += "".join(line + "\n" for line in lines) + "".join(f"output {name}\n" for name, _ in outputs)
        rows.append({"name": name, "graph": graph,
                     "inputs": [{"shape": [tensor.shape[i] for i in (0, 2, 3, 1)], "values": rounded(nhwc(tensor.detach()))}
                                for _, tensor in reads],
                     "parameters": {name: rounded(tensor.detach().numpy().reshape(-1)) for name, tensor in parameters},
                     "outputs": {name: rounded(nhwc(tensor.detach())) for name, tensor in outputs}})

    shape = (2, LAYERS, 3, 4)
    add("prelu", torch.nn.functional.prelu, [("x", drawn(*shape))], [("slopes", drawn(LAYERS))],
        ["y = PRelu(x, slopes)", "d_x = PReluGradient(g, x, slopes)", "d_slopes = SlopeGradient(g, x)"])
    product = ["y = Multiply(a, b)", "d_a = Multiply(g, b)", "d_b = MultiplyGradient(g, a, b)"]
    add("product", torch.mul, [("a", drawn(*shape)), ("b", drawn(*shape))], [], product)
    add("product with a pixel", torch.mul, [("a", drawn(*shape)), ("b", drawn(2, LAYERS, 1, 1))], [], product)
    norm = " size=5 alpha=0.5 k=2"
    add("local response norm", torch.nn.LocalResponseNorm(5, alpha=0.5, k=2), [("x", drawn(*shape))], [],
        ["y = LocalResponseNorm(x)" + norm, "d_x = LocalResponseNormGradient(g, x)" + norm])
    write("layers", {"layers": rows})


def lite_fcn(member, stride):
    backbone = EfficientNetLite(*member, head=False)
    return LiteFcn(backbone, stride, channels=backbone.channels)


def parameter_list(nets):
    """Names and shapes of every parameter and running statistic: what the graphs must have."""
    lines = []
    for name, net in nets.items():
        lines.append(f"model {name}")
        lines += [f"{key} {'x'.join(map(str, value.shape))}" for key, value in net.state_dict().items()
                  if value.is_floating_point()]
    (DATA / "parameters.txt").write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--lite0", type=Path, required=True)
    parser.add_argument("--photographs", type=Path, required=True)
    parser.add_argument("--only", default="", help="write only the files whose name contains this")
    arguments = parser.parse_args()
    sys.path.insert(0, str(arguments.peers))
    from fcn8s_lite0_torch import EfficientNetLite0, Fcn8sLite0
    from fcn8s_torch import Fcn8s
    from torchvision.models import alexnet, googlenet, resnet50, resnet101, vgg16
    from torchvision.models.segmentation import fcn_resnet50, fcn_resnet101

    DATA.mkdir(parents=True, exist_ok=True)
    torch.nn.init.kaiming_normal_ = torch.nn.init.trunc_normal_ = lambda tensor, *_, **__: tensor  # replaced at once
    assert_same("fcn8s-vgg16", Vgg16Fcn(8), Fcn8s(), 33, 40)
    assert_same("fcn8s-efficientnet-lite0", LiteFcn(EfficientNetLite0(), 8), Fcn8sLite0(), 65, 97)
    assert_same("alexnet", AlexNet("none"), alexnet(), 224, 224)
    assert_same("efficientnet-lite0", EfficientNetLite(1, 1, 224), EfficientNetLite0(), 65, 97)

    # name → (network, how its maps are named, height, width, amplitude)
    networks = {"fcn8s-vgg16": (Fcn8s, "vgg16", 61, 83, 100)}
    for stride in (32, 16, 4, 2):
        networks[f"fcn{stride}s-vgg16"] = (lambda s=stride: Vgg16Fcn(s), "vgg16", 61, 83, 100)
    for stride in (32, 16, 8, 4, 2):
        networks[f"fcn{stride}s-vgg16-unpadded"] = (lambda s=stride: Vgg16Fcn(s, resize=True), "", 117, 83, 100)
    networks["fcn8s-efficientnet-lite0"] = (Fcn8sLite0, "scores", 97, 131, 1)
    for stride in (32, 16, 4):
        networks[f"fcn{stride}s-efficientnet-lite0"] = (lambda s=stride: LiteFcn(EfficientNetLite0(), s), "scores", 97,
                                                        131, 1)
    networks["efficientnet-lite0"] = (EfficientNetLite0, "", 224, 224, 1)
    for name, member in LITE_MEMBERS.items():
        networks[name] = (lambda m=member: EfficientNetLite(*m), "", member[2], member[2], 1)
        for stride in (32, 16, 8, 4):
            networks[f"fcn{stride}s-{name}"] = (lambda m=member, s=stride: lite_fcn(m, s), "scores", 65, 97, 1)
    networks["vgg16"] = (lambda: vgg16(weights=None, init_weights=False), "", 224, 224, 2)
    for name, build in (("resnet50", resnet50), ("resnet101", resnet101)):
        networks[name] = (lambda b=build: b(weights=None), "", 97, 131, 2)
        for stride in (32, 16, 8) if name == "resnet50" else (8,):
            networks[f"fcn{stride}s-{name}"] = (lambda b=build, s=stride: ResNetFcn(b(weights=None), s), "scores", 97, 131,
                                                2)
    for name, build in (("fcn_resnet50", fcn_resnet50), ("fcn_resnet101", fcn_resnet101)):
        networks[name] = (lambda b=build: scores_only(b(weights=None, weights_backbone=None, num_classes=21)), "resnet",
                          97, 131, 2)

    networks["lenet"] = (LeNet, "", 28, 28, 1, 1)
    networks["fcn4s-lenet"] = (lambda: LeNet(fcn=True), "", 33, 46, 1, 1)
    for name, norms, side, strides in (("alexnet", "none", 224, (32, 16, 8)), ("caffenet", "after", 227, (32, 16, 8)),
                                       ("caffe-alexnet", "before", 227, (32,))):
        networks[name] = (lambda n=norms: AlexNet(n), "", side, side, 100)
        for stride in strides:
            networks[f"fcn{stride}s-{name}"] = (lambda n=norms, s=stride: AlexNet(n, s), "alexnet", 61, 83, 100)
    torchvisions = lambda: googlenet(weights=None, init_weights=False, aux_logits=False)
    networks["googlenet"] = (torchvisions, "", 224, 224, 2)
    networks["caffe-googlenet"] = (CaffeGoogLeNet, "", 224, 224, 100)
    for stride in (32, 16, 8, 4):
        networks[f"fcn{stride}s-googlenet"] = (lambda s=stride: GoogLeNetFcn(torchvisions(), s), "scores", 97, 131, 2)
        networks[f"fcn{stride}s-caffe-googlenet"] = (lambda s=stride: GoogLeNetFcn(CaffeGoogLeNet(head=False), s), "scores",
                                                     97, 131, 100)

    if arguments.only in "form":
        form_golden()
    for name, (build, kind, height, width, *rest) in networks.items():
        if arguments.only in name:
            random_golden(name, build(), kind, height, width, *rest)
    if arguments.only in "generator":
        generator_golden()
    if arguments.only in "functions":
        function_goldens()
    if arguments.only in "layers":
        layer_goldens()
    if arguments.only in "photographs":
        lite0 = EfficientNetLite0().eval()
        lite0.load_state_dict(torch.load(arguments.lite0, weights_only=True))
        photograph_goldens(lite0, arguments.photographs)
    if arguments.only in "parameters":
        with torch.device("meta"):
            parameter_list({name: build() for name, (build, *_) in networks.items()})


if __name__ == "__main__":
    main()
