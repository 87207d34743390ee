"""The peers: their packages in a virtual environment, and the networks in their formats."""
import json
import subprocess
import sys

PACKAGES = {"torch": "PyTorch", "torchvision": "torchvision", "onnx": "onnx", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO",
            "ncnn": "ncnn", "pnnx": "pnnx", "opencv-python-headless": "OpenCV", "numpy": "numpy"}


def open_environment(folder):
    """The environment's Python; the environment is made, and what is missing installed, where need be."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    missing = [name for name in PACKAGES if name not in versions(python)]
    if missing:
        print("installing " + ", ".join(missing), file=sys.stderr)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *missing], check=True)
    return python


def versions(python):
    found = json.loads(subprocess.run([python, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"], check=True,
                                      capture_output=True).stdout)
    return {row["name"]: row["version"] for row in found if row["name"] in PACKAGES}


def export(python, script, reference, models, network, stem, size):
    """The network for the peers that read files, unless it is there already."""
    if all((models / f"{stem}{ending}").exists() for ending in (".onnx", ".ncnn.param", ".ncnn.bin")):
        return
    models.mkdir(parents=True, exist_ok=True)
    print(f"exporting {network}", file=sys.stderr)
    subprocess.run([python, script, reference, network, *size.split("x"), models], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
