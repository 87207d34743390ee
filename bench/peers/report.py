"""From results.json to the figures of the documents: fragments between markers, and charts.

A document marks the place of a fragment with two comments, <!-- figures: NAME --> and <!-- end of figures -->.
"""
import re
import textwrap

import chart
import machine

NAMES = {"fcn": "fcn", "ncnn": "ncnn", "openvino": "OpenVINO", "openvino-bf16": "OpenVINO, bf16", "onnxruntime": "ONNX Runtime",
         "pytorch": "PyTorch", "pytorch-channels-last": "PyTorch, channels last", "opencv": "OpenCV"}
PACKAGES = {"torch": "PyTorch", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO", "ncnn": "ncnn", "opencv-python-headless": "OpenCV",
            "torchvision": "torchvision"}
SCORES, TRAINING = ("vgg16", "resnet50", "lite0"), ("train-vgg16", "train-lite0")


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def ms(value):
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms"


def work(row):
    batch = f", batch {row['batch']}" if row.get("batch", 1) > 1 else ""
    return f"`{row['network']}`, {row['size'].replace('x', '×')}{batch}"


def times(ratio, digits=2):
    return f"{ratio:.{digits}f}×"


def machine_text(results):
    it = results["machine"]
    caches = ", ".join(f"{level} {size}" for level, size in it["caches"].items() if size)
    one = max(row["gflops"] for row in it["gflops"] if row["threads"] == 1)
    versions = ", ".join(f"{PACKAGES[name]} {version}" for name, version in results["peers"].items() if name in PACKAGES)
    return textwrap.fill(
        f"{it['cores']} cores, {it['processor']} ({caches}): at most {machine.peak_gflops(it):.0f} GFLOP/s in float32 ({one:.0f} with one "
        f"thread) and {machine.bandwidth(it):.0f} GB/s from memory, by `fcn bench --peak`. {it['threads']} threads. {versions}.", 140)


def goals(results):
    """Every row of the table that was aimed at, as far as it has been measured."""
    rows = results["rows"]
    found = []

    def add(what, peer, value, limits, form=times):
        found.append((what, peer, f"**{form(value)}**", form(limits["floor"]), form(limits["goal"])))

    def percent(value):
        return f"{100 * value:.2g} %"
    for name in SCORES:
        for ratio in rows.get(name, {}).get("ratios", []):
            add("scores, " + work(rows[name]), NAMES[ratio["peer"]], ratio["ratio"], ratio)
    if row := rows.get("files"):
        add("JPEG files to label PNGs, FCN-8s on EfficientNet-lite0 (11 classes), generated scenes of 480×360", "–", row["images_per_s"], row, lambda v: f"{v:.0f} images/s")
    for name in TRAINING:
        for ratio in rows.get(name, {}).get("ratios", []):
            add("training step, " + work(rows[name]), NAMES[ratio["peer"]], ratio["ratio"], ratio)
            if name == "train-vgg16":
                add("peak memory of that step", NAMES[rows[name]["memory"]["peer"]], rows[name]["memory"]["ratio"], rows[name]["memory"])
    if row := rows.get("threads"):
        add("two threads against one, " + work(row), "itself", row["ratio"], row)
    if row := rows.get("growth"):
        add("time per pixel, unpadded FCN-8s on VGG16, the worst of 500² to 2000² against 500²", "itself", row["ratio"], row)
    if row := rows.get("new-size"):
        add("compiling for a new size, weights packed, " + work(row), "one inference", row["ratio"], row, percent)
    return table(("work", "against", "measured", "floor", "goal"), found)


def scores(results):
    rows = [results["rows"][name] for name in SCORES if name in results["rows"]]
    names = [name for name in NAMES if any(name in row["median"] for row in rows)]
    body = [[work(row), *(ms(row["median"][name]) if name in row["median"] else "–" for name in names)] for row in rows]
    return table(("", *(NAMES[name] for name in names)), body)


def training(results):
    body = []
    for name in TRAINING:
        if row := results["rows"].get(name):
            body += [[f"{work(row)}: step", *(ms(row["median"][who]) for who in row["median"])],
                     ["peak memory", *(f"{row['peak_rss_mb'][who]:.0f} MB" for who in row["median"])]]
            header = ("", *(NAMES[who] for who in row["median"]))
    return table(header, body)


def labels(results):
    body = []
    for name, it in results["rows"]["labels"]["works"].items():
        network, size = name.split()
        body.append([f"`{network}`, {size.replace('x', '×')}", ms(it["median"]["scores"]), ms(it["median"]["labels"])])
    return table(("fcn", "to scores", "to labels"), body)


def stages(results):
    """What a picture takes, each stage beside the network alone."""
    row = results["rows"]["files"]["stages"]
    titles = {"decode": "decode the JPEG", "prepare": "normalise, to floats", "network": "network, to labels", "write": "write the PNG"}
    return table(("a picture of 480×360, on one core", "ms", "of the network's time"),
                 [[title, f"{row[stage]:.2f}", f"{100 * row[stage] / row['network']:.1f} %"] for stage, title in titles.items()])


def growth(results):
    series = results["rows"]["growth"]["ns_per_pixel"]
    sides = list(next(iter(series.values())))
    return table(("ns per pixel", *(f"{side}²" for side in sides)),
                 [[f"`{name}`", *(f"{values[side]:.0f}" for side in sides)] for name, values in series.items()])


def bound(results):
    row, it = results["rows"]["bound"], results["machine"]
    rate, taken = machine.peak_gflops(it), results["rows"]["vgg16"]["median"]["fcn"]
    seconds = {name: 2e-6 * row[name] / rate for name in ("direct", "winograd", "window")}
    return table(("`fcn8s-vgg16`, 500×500", "G multiply-adds", f"at {rate:.0f} GFLOP/s"),
                 [["computed directly", f"{row['direct'] / 1e9:.1f}", ms(seconds["direct"])],
                  ["by the tile-8 family", f"{row['winograd'] / 1e9:.1f}", ms(seconds["winograd"])],
                  ["and only inside the image window", f"{row['window'] / 1e9:.1f}", ms(seconds["window"])],
                  ["**measured**", "", f"**{ms(taken)}**, {taken / seconds['window']:.2f}× the bound"]])


def between(results):
    """Where the time beyond the bound goes: layers by what they are, each beside its bound."""
    layers, steps, rate = results["rows"]["bound"]["layers"], results["rows"]["profile-vgg16"]["profile"], machine.peak_gflops(results["machine"])
    groups = {"3×3 layers but the first": lambda name: name.startswith("conv") and name != "conv1_1", "`fc6` (7×7)": lambda name: name == "fc6",
              "`fc7`": lambda name: name == "fc7", "`conv1_1`": lambda name: name == "conv1_1",
              "scores and upsampling": lambda name: "score" in name, "pooling and the rest": lambda name: True}
    body, left = [], list(steps)
    total = [0.0, 0.0]
    for title, belongs in groups.items():
        mine = [step for step in left if belongs(step["name"])]
        left = [step for step in left if not belongs(step["name"])]
        least, taken = 2e-6 * sum(layers.get(step["name"], 0) for step in mine) / rate, sum(step["ms"] for step in mine)
        total = [total[0] + least, total[1] + taken]
        body.append([title, ", ".join(sorted({f"`{step['kernel']}`" for step in mine})), f"{least:.1f}", f"{taken:.1f}", f"{taken - least:.1f}"])
    body.append(["together", "", f"{total[0]:.1f}", f"{total[1]:.1f}", f"{total[1] - total[0]:.1f}"])
    return table(("", "kernels", "bound, ms", "measured, ms", "between, ms"), body)


def profile(results, name, shown=12):
    row = results["rows"][name]
    rows = sorted(row["profile"], key=lambda step: -step["ms"])
    total = sum(step["ms"] for step in rows)
    rest = sum(step["ms"] for step in rows[shown:])
    body = [[f"`{step['name']}`", f"`{step['kernel']}`", step["output"].replace("x", "×"), f"{step['ms']:.2f}", f"{100 * step['ms'] / total:.1f} %",
             f"{step['gflops']:.0f}" if step["gflop"] else "–", f"{step['gb_per_s']:.0f}", step["bound"], f"{100 * step['of_bound']:.0f} %"]
            for step in rows[:shown]]
    body.append([f"{max(0, len(rows) - shown)} more", "", "", f"{rest:.2f}", f"{100 * rest / total:.1f} %", "", "", "", ""])
    roof = f"Bounds, measured with it: {row['peak_gflops']:.0f} GFLOP/s, {row['bandwidth_gb_per_s']:.0f} GB/s."
    return table(("layer", "kernel", "output", "ms", "share", "GFLOP/s", "GB/s", "bound by", "of its bound"), body) + "\n\n" + roof


def readme(results):
    rows = results["rows"]
    body = []
    for name in SCORES:
        if row := rows.get(name):
            first = row["ratios"][0]
            body.append([work(row), ms(row["median"]["fcn"]), f"{ms(row['median'][first['peer']])} ({NAMES[first['peer']]})", times(first["ratio"], 1)])
    for name in TRAINING:
        if row := rows.get(name):
            first = row["ratios"][0]
            body.append(["a step of training, " + work(row), ms(row["median"]["fcn"]), f"{ms(row['median'][first['peer']])} (PyTorch)",
                         times(first["ratio"], 1)])
    return table(("", "fcn", "the fastest other", "ratio"), body)


FRAGMENTS = {"machine": machine_text, "goals": goals, "scores": scores, "training": training, "labels": labels, "stages": stages, "growth": growth, "bound": bound,
             "between": between,
             "profile-vgg16": lambda results: profile(results, "profile-vgg16"),
             "profile-lite0": lambda results: profile(results, "profile-lite0"), "readme": readme}


def filled(content, results):
    """The document with each fragment between its markers; one whose rows are not measured yet stays as it is."""
    def replace(match):
        try:
            return f"{match[1]}\n{FRAGMENTS[match[2]](results)}\n{match[4]}"
        except KeyError:
            return match[0]
    return re.sub(r"(<!-- figures: (\S+) -->)\n(.*?)(<!-- end of figures -->)", replace, content, flags=re.DOTALL)


def charts(results):
    rows, it = results["rows"], results["machine"]

    def panel(name, heading):
        median = {NAMES[who]: value for who, value in rows[name]["median"].items()}
        return heading, "ms", median, "fcn", [NAMES["openvino-bf16"]]
    headings = {"vgg16": "FCN-8s on VGG16 (100 pixels of padding), 500×500: scores", "resnet50": "FCN on ResNet-50, dilated, 500×500: scores",
                "lite0": "FCN-8s on EfficientNet-lite0, 480×360: scores", "train-vgg16": "A training step of FCN-8s on VGG16, 500×500",
                "train-lite0": "A training step of FCN-8s on EfficientNet-lite0, 352×352, batch 8"}
    if panels := [panel(name, heading) for name, heading in headings.items() if name in rows]:
        yield "peers.svg", chart.bars(f"Milliseconds on {it['cores']} cores: shorter is better, ratios are to fcn", panels)
    if row := rows.get("growth"):
        names = {"fcn8s-vgg16-unpadded": "without padding", "fcn8s-vgg16": "with 100 pixels of padding"}
        yield "growth.svg", chart.growth("FCN-8s on VGG16: time per pixel as the image grows",
                                         {names[name]: values for name, values in row["ns_per_pixel"].items()})
    profiles = {"FCN-8s on VGG16, 500×500": "profile-vgg16", "FCN-8s on EfficientNet-lite0, 480×360": "profile-lite0"}
    if all(name in rows for name in profiles.values()):
        yield "roofline.svg", chart.roofline("Layers under the machine's roofline: Winograd passes it by multiplying less",
                                             {title: rows[name] for title, name in profiles.items()})


def documents(results, project):
    """(path, what results.json says should be in it) of every document and chart."""
    for name, content in charts(results):
        yield project / "docs/images" / name, content
    for path in (project / "docs/performance.md", project / "README.md"):
        yield path, filled(path.read_text(), results)


def write(results, project):
    for path, content in documents(results, project):
        path.write_text(content)


def differing(results, project):
    return [path for path, content in documents(results, project) if not path.exists() or path.read_text() != content]
