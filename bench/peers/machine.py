"""The machine that was measured."""
import json
import subprocess


def describe(fcn, name=None):
    """Processor, caches, and what `fcn bench --peak` finds. `name`: what people call it, where the system does not tell."""
    listed = json.loads(subprocess.run(["lscpu", "--json"], check=True, capture_output=True, text=True).stdout)
    fields = {row["field"].rstrip(":"): row["data"] for row in flatten(listed["lscpu"])}
    peak = json.loads(subprocess.run([fcn, "bench", "--peak", "--json"], check=True, capture_output=True).stdout)
    return {"processor": name or fields["Model name"], "cores": int(fields["CPU(s)"]),
            "caches": {level: fields.get(f"{level} cache") for level in ("L1d", "L2", "L3")}, **peak}


def best(one, other):
    """Both measured the same machine at different times, and the machine may have been slowed by its neighbours: the larger figures
    count."""
    if not other or one["processor"] != other["processor"] or one["threads"] != other["threads"]:
        return one
    for key in ("gflops", "bandwidth"):
        for mine, theirs in zip(one[key], other[key]):
            for name, value in mine.items():
                if isinstance(value, float):
                    mine[name] = max(value, theirs[name])
    return one


def flatten(rows):
    """lscpu nests its rows from version 2.37 on."""
    for row in rows:
        yield row
        yield from flatten(row.get("children", []))


def peak_gflops(machine):
    return max(row["gflops"] for row in machine["gflops"] if row["threads"] == machine["threads"])


def bandwidth(machine):
    return max(max(row["read_gb_per_s"], row["triad_gb_per_s"]) for row in machine["bandwidth"] if row["threads"] == machine["threads"])
