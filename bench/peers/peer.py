"""One peer with one network, timed on request. Runs inside the peers' virtual environment; compare.py starts it.

The protocol is that of `fcn bench --on-request`: after a first run a list of its milliseconds; then for each line of standard
input, a number of runs, a list of theirs; at the end a JSON object with the peak memory.
"""
import argparse
import json
import sys
import time
import warnings

import networks


def torch_scores(args):
    import torch
    torch.set_num_threads(args.threads)
    form = torch.channels_last if args.peer.endswith("channels-last") else torch.contiguous_format
    net = networks.build(args.network, args.reference).eval().to(memory_format=form)
    image = torch.randn(args.batch, 3, args.height, args.width).to(memory_format=form)

    def run():
        with torch.inference_mode():
            net(image)
    return run


def torch_step(args):
    """Forward, softmax loss, gradients of all parameters, SGD with momentum, as `fcn bench --train` does."""
    import torch
    torch.set_num_threads(args.threads)
    form = torch.channels_last if args.peer.endswith("channels-last") else torch.contiguous_format
    net = networks.build(args.network, args.reference).train().to(memory_format=form)
    optimiser = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], 1e-10, momentum=0.9)
    images = torch.randn(args.batch, 3, args.height, args.width).to(memory_format=form)
    labels = torch.randint(0, 21, (args.batch, args.height, args.width))

    def run():
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(net(images), labels, ignore_index=255).backward()
        optimiser.step()
    return run


def random_image(args):
    import numpy
    return numpy.random.default_rng(0).standard_normal((args.batch, 3, args.height, args.width), dtype=numpy.float32)


def onnxruntime_scores(args):
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = args.threads
    session = onnxruntime.InferenceSession(args.files + ".onnx", options, providers=["CPUExecutionProvider"])
    # The caller's image and one output, as a program in C++ would have it: by default every run allocates and copies.
    binding = session.io_binding()
    image = onnxruntime.OrtValue.ortvalue_from_numpy(random_image(args))
    binding.bind_ortvalue_input("x", image)
    binding.bind_output(session.get_outputs()[0].name, "cpu")
    session.run_with_iobinding(binding)
    binding.bind_ortvalue_output(session.get_outputs()[0].name, binding.get_outputs()[0])
    return lambda: session.run_with_iobinding(binding)


def openvino_scores(args):
    import openvino
    precision = "bf16" if args.peer.endswith("bf16") else "f32"
    request = openvino.Core().compile_model(args.files + ".onnx", "CPU", {
        "INFERENCE_NUM_THREADS": args.threads, "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": precision}).create_infer_request()
    image = random_image(args)
    # By default every run copies the image and the scores, 14 MB of them, in Python's thread.
    return lambda: request.infer({0: image}, share_inputs=True, share_outputs=True)


def opencv_scores(args):
    import cv2
    cv2.setNumThreads(args.threads)
    net, image = cv2.dnn.readNetFromONNX(args.files + ".onnx"), random_image(args)

    def run():
        net.setInput(image)
        net.forward()
    return run


def ncnn_scores(args):
    import ncnn
    net = ncnn.Net()
    net.opt.num_threads = args.threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.load_param(args.files + ".ncnn.param")
    net.load_model(args.files + ".ncnn.bin")
    image = random_image(args)

    def run():
        extractor = net.create_extractor()
        extractor.input("in0", ncnn.Mat(image[0]))
        extractor.extract("out0")
    return run


SCORES = {"pytorch": torch_scores, "pytorch-channels-last": torch_scores, "onnxruntime": onnxruntime_scores,
          "openvino": openvino_scores, "openvino-bf16": openvino_scores, "opencv": opencv_scores, "ncnn": ncnn_scores}


def timed(run, count):
    found = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        found.append((time.perf_counter() - start) * 1e3)
    return found


def peak_rss_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmHWM"))


def main():
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("peer", choices=SCORES)
    parser.add_argument("--network", choices=networks.NETWORKS, required=True)
    parser.add_argument("--reference")
    parser.add_argument("--files", help="path and stem of the exported network")
    parser.add_argument("--train", action="store_true")
    for name in ("width", "height", "batch", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    args = parser.parse_args()
    run = torch_step(args) if args.train else SCORES[args.peer](args)
    print(json.dumps(timed(run, 1)), flush=True)
    for line in sys.stdin:
        print(json.dumps(timed(run, int(line))), flush=True)
    print(json.dumps({"peak_rss_mb": peak_rss_mb()}))


main()
