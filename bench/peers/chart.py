"""The charts of docs/performance.md, as SVG that stands alone: its own background, and colours for light and dark screens."""
import html
import math

STYLE = """
  .card { fill: #ffffff; stroke: #d8dee4 } .grid { stroke: #e4e8ec } .axis { stroke: #8c959f } .roof { stroke: #8c959f; fill: none }
  text { font: 13px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #3d444d } .title { font-weight: 600; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e } .ours { fill: #0969da } .theirs { fill: #b6bec8 } .apart { fill-opacity: .45 } .bold { font-weight: 600; fill: #1f2328 }
  .first { stroke: #0969da; fill: #0969da } .second { stroke: #d4740c; fill: #d4740c } polyline { fill: none !important; stroke-width: 2.5 }
  circle { stroke-width: 1 } .dot { fill-opacity: .55 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #151b23; stroke: #3d444d } .grid { stroke: #2a313c } .axis, .roof { stroke: #7d8590 } text { fill: #c9d1d9 }
    .title, .bold { fill: #f0f6fc } .small { fill: #9198a1 } .ours { fill: #4493f8 } .theirs { fill: #4b5563 }
    .first { stroke: #4493f8; fill: #4493f8 } .second { stroke: #f0a04b; fill: #f0a04b }
  }"""
WIDTH = 780


def text(x, y, content, style="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{html.escape(content)}</text>'


def line(x1, y1, x2, y2, style):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>'


def document(height, title, parts):
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img">'
            f"<title>{html.escape(title)}</title><style>{STYLE}</style>"
            f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8" class="card"/>')
    return "\n".join([head, *parts, "</svg>\n"])


def bars(title, panels):
    """panels: (heading, unit, {label: value}, label of ours, labels that are told apart): shorter is better, ratios are to ours."""
    left, right, step, y, parts = 190, 150, 24, 34, []
    parts.append(text(20, y, title, "title"))
    for heading, unit, values, ours, apart in panels:
        y += 38
        parts.append(text(20, y, heading, "bold"))
        y += 10
        longest = max(values.values())
        for label in sorted(values, key=values.get):
            length = max(2, (WIDTH - left - right) * values[label] / longest)
            is_ours = label == ours
            parts.append(text(left - 10, y + 16, label, "bold" if is_ours else "", "end"))
            parts.append(f'<rect x="{left}" y="{y + 3}" width="{length:.1f}" height="{step - 7}" rx="2" '
                         f'class="{"ours" if is_ours else "theirs apart" if label in apart else "theirs"}"/>')
            amount = f"{values[label]:.1f}" if values[label] < 100 else f"{values[label]:.0f}"
            parts.append(text(left + length + 8, y + 16, f"{amount} {unit}", "bold" if is_ours else ""))
            if not is_ours:
                parts.append(text(WIDTH - 20, y + 16, f"{values[label] / values[ours]:.2f}×", "", "end"))
            y += step
    return document(y + 22, title, parts)


class Axes:
    """A frame with its scales; logarithmic where asked."""

    def __init__(self, height, x_range, y_range, x_log=False, y_log=False):
        self.left, self.right, self.top, self.bottom = 70, WIDTH - 30, 60, height - 50
        self.x_range, self.y_range, self.x_log, self.y_log, self.parts = x_range, y_range, x_log, y_log, []

    @staticmethod
    def place(value, low, high, log):
        if log:
            value, low, high = math.log(value), math.log(low), math.log(high)
        return (value - low) / (high - low)

    def x(self, value):
        return self.left + (self.right - self.left) * self.place(value, *self.x_range, self.x_log)

    def y(self, value):
        return self.bottom - (self.bottom - self.top) * self.place(value, *self.y_range, self.y_log)

    def ticks(self, xs, ys, x_title, y_title):
        for value in ys:
            self.parts += [line(self.left, self.y(value), self.right, self.y(value), "grid"),
                           text(self.left - 8, self.y(value) + 4, f"{value:g}", "small", "end")]
        for value in xs:
            self.parts += [line(self.x(value), self.top, self.x(value), self.bottom, "grid"),
                           text(self.x(value), self.bottom + 18, f"{value:g}", "small", "middle")]
        self.parts += [line(self.left, self.bottom, self.right, self.bottom, "axis"),
                       text(self.right, self.bottom + 36, x_title, "small", "end"),
                       text(self.left - 50, self.top - 10, y_title, "small")]


def legend(names, y):
    parts, x = [], 70
    for style, name in zip(("first", "second"), names):
        parts += [f'<circle cx="{x}" cy="{y - 4}" r="5" class="{style}"/>', text(x + 11, y, name, "small")]
        x += 26 + 6.4 * len(name)
    return parts


def growth(title, series):
    """series: {name: {side: nanoseconds per pixel}}."""
    height = 340
    most = max(max(values.values()) for values in series.values())
    unit = 10 ** math.floor(math.log10(most))
    top = unit * math.ceil(most / unit * 1.08)
    sides = sorted({int(side) for values in series.values() for side in values})
    axes = Axes(height, (0, max(sides) * 1.04), (0, top))
    axes.ticks(sides, [top * i / 4 for i in range(5)], "side of the square image, pixels", "ns per pixel")
    for style, below, values in zip(("first", "second"), (18, -10), series.values()):
        points = [(axes.x(int(side)), axes.y(value), value) for side, value in sorted(values.items(), key=lambda item: int(item[0]))]
        axes.parts.append(f'<polyline class="{style}" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points) + '"/>')
        for x, y, value in points:
            axes.parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" class="{style}"/>', text(x, y + below, f"{value:.0f}", "small", "middle")]
    return document(height, title, [text(20, 30, title, "title"), *legend(series, height - 16), *axes.parts])


def either(sorted_values):
    return " and ".join(str(value) for value in dict.fromkeys(sorted_values))


def roofline(title, series):
    """series: {name: a profile}, each under the roof that was measured with it. A dot is a layer; its area is its share of its network's
    time."""
    height = 460
    low = 0.3
    axes = Axes(height, (low, 1000), (10, 4000), x_log=True, y_log=True)
    axes.ticks([1, 10, 100, 1000], [10, 100, 1000], "FLOP per byte that has to move", "GFLOP/s, counted directly")
    roofs = [(profile["peak_gflops"], profile["bandwidth_gb_per_s"]) for profile in series.values()]
    for gflops, gbytes in roofs:
        corners = [(low, low * gbytes), (gflops / gbytes, gflops), (1000, gflops)]
        axes.parts.append('<polyline class="roof" points="' + " ".join(f"{axes.x(x):.1f},{axes.y(y):.1f}" for x, y in corners) + '"/>')
    rates, bandwidths = sorted(round(gflops) for gflops, _ in roofs), sorted(round(gbytes) for _, gbytes in roofs)
    axes.parts += [text(axes.right - 4, axes.y(rates[-1]) - 6, f"peak {either(rates)} GFLOP/s", "small", "end"),
                   text(axes.x(2 * low), axes.y(low * bandwidths[0]) + 8, f"memory {either(bandwidths)} GB/s", "small")]
    for style, rows in zip(("first", "second"), (profile["profile"] for profile in series.values())):
        total = sum(row["ms"] for row in rows)
        for row in sorted(rows, key=lambda row: -row["ms"]):
            if row["gflop"] == 0:
                continue
            x, y = axes.x(1e3 * row["gflop"] / row["mbytes"]), axes.y(max(row["gflops"], 1))
            name = html.escape(f"{row['name']}: {row['ms']:.2f} ms, {row['gflops']:.0f} GFLOP/s ({row['kernel']})")
            axes.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + 30 * math.sqrt(row["ms"] / total):.1f}" class="dot {style}">'
                              f"<title>{name}</title></circle>")
    return document(height, title, [text(20, 30, title, "title"), *legend(series, height - 16), *axes.parts])
