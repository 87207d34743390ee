"""The reference networks in PyTorch, and their forms for the other peers. Runs inside the peers' virtual environment:

    python networks.py REFERENCE NAME WIDTH HEIGHT FOLDER

writes NAME.onnx and NAME.ncnn.param/.bin into FOLDER.
"""
import os
import pathlib
import subprocess
import sys

# fcn's name: the module and class in the folder --reference, or the name of a function of torchvision.
NETWORKS = {"fcn8s-vgg16": ("fcn8s", "fcn8s_torch", "Fcn8s"),
            "fcn8s-efficientnet-lite0": ("fcn8s_lite0", "fcn8s_lite0_torch", "Fcn8sLite0"),
            "fcn_resnet50": ("fcn_resnet50", None, "fcn_resnet50")}


def file_stem(name):
    return NETWORKS[name][0]


def build(name, reference):
    """The network with random weights, which cost as much as trained ones."""
    import torch
    torch.manual_seed(0)
    _, module, function = NETWORKS[name]
    if module:
        sys.path.insert(0, str(reference))
        return getattr(__import__(module), function)()
    from torchvision.models import segmentation
    net = getattr(segmentation, function)(weights=None, weights_backbone=None, num_classes=21)

    class ScoresAlone(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net

        def forward(self, x):
            return self.net(x)["out"]
    return ScoresAlone()


def export(name, reference, width, height, folder):
    import torch
    net, image, stem = build(name, reference).eval(), torch.randn(1, 3, height, width), file_stem(name)
    torch.onnx.export(net, (image,), f"{folder}/{stem}.onnx", input_names=["x"], output_names=["y"], dynamo=False,
                      opset_version=17)
    torch.jit.trace(net, image).save(f"{folder}/{stem}.pt")
    pnnx = pathlib.Path(sys.executable).parent / "pnnx"
    subprocess.run([pnnx, f"{stem}.pt", f"inputshape=[1,3,{height},{width}]", "fp16=0"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    for leftover in pathlib.Path(folder).glob(f"{stem}*"):
        if not leftover.name.endswith((".onnx", ".ncnn.param", ".ncnn.bin")) or ".pnnx." in leftover.name:
            os.remove(leftover)


if __name__ == "__main__":
    export(sys.argv[2], sys.argv[1], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
