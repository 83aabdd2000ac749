"""Holds what `convert` writes against ONNX's checker and ONNX Runtime.

    python tests/onnx/check.py [--set NAME=VALUE] [--runner POINTWISE] POINTWISE NETWORK...

Each network (`.net` or `.onnx`) becomes a model, which the checker and shape inference take in full; ONNX Runtime gives what
`run` gives; the model read back has the same layers; a model as `.net` and back as a model gives the same outputs. Needs the
packages `onnx`, `onnxruntime` and `numpy`; `--runner` names a faster build for the runs.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime

TOLERANCE = 1e-5


def pointwise(binary, *arguments):
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}: {done.stderr.strip()[:2000]}")


def inputs_of(model, batch):
    random = numpy.random.default_rng(0)
    feeds = {}
    for value in model.graph.input:
        dims = [d.dim_value if d.dim_value else batch for d in value.type.tensor_type.shape.dim]
        feeds[value.name] = random.standard_normal(dims, dtype=numpy.float32)
    return feeds


def runtime(path, feeds):
    options = onnxruntime.SessionOptions()
    # Fused layers are rounded elsewhere than ours.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds)))


def quoted(name):
    plain = name.replace(".", "a").isidentifier()
    return name if plain and "." not in name else f"`{name}`"


def ours(binary, network, extra, feeds, names, folder):
    arguments, files = ["run", network, *extra], {}
    for at, (name, array) in enumerate(feeds.items()):
        numpy.save(folder / f"in{at}.npy", array)
        arguments += ["-i", f"{quoted(name)}={folder / f'in{at}.npy'}"]
    for at, name in enumerate(names):
        files[name] = folder / f"out{at}.npy"
        arguments += ["-o", f"{quoted(name)}={files[name]}"]
    pointwise(binary, *arguments)
    return {name: numpy.load(file) for name, file in files.items()}


def difference(a, b):
    """The largest difference, of the largest element; what is no number must be so in both."""
    worst = 0.0
    for x, y in zip(a.values(), b.values(), strict=True):
        if x.shape != y.shape or not numpy.array_equal(numpy.isfinite(x), numpy.isfinite(y)):
            return float("inf")
        x, y = numpy.where(numpy.isfinite(x), x, 0), numpy.where(numpy.isfinite(y), y, 0)
        each = numpy.abs(x - y).max() / max(numpy.abs(x).max(), 1e-6)
        worst = max(worst, float(each))
    return worst


def layers(path):
    """The text without remarks of blocks, which a model does not have."""
    return [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("    #")]


def check(options, network, folder):
    binary, runner = options.pointwise, options.runner or options.pointwise
    extra = [word for setting in options.set for word in ("--set", setting)]
    first, text, again = folder / "first.onnx", folder / "text.net", folder / "again.onnx"
    pointwise(binary, "convert", network, first, *extra)
    onnx.checker.check_model(str(first), full_check=True)
    model = onnx.load(first)
    batch = 1 if str(network).endswith(".onnx") else 2
    feeds = inputs_of(model, batch)
    theirs = runtime(first, feeds)
    names = [value.name for value in model.graph.output]
    results = [difference(theirs, ours(runner, network, extra, feeds, names, folder))]
    pointwise(binary, "convert", first, text)
    # Flat texts of both: a model is read with blocks of its own.
    source, flat, straight = network, folder / "flat.net", folder / "straight.net"
    if str(network).endswith(".onnx"):
        source = folder / "source.net"
        pointwise(binary, "convert", network, source)
    pointwise(binary, "convert", source, straight, *extra)
    pointwise(binary, "convert", text, flat)
    is_same = layers(straight) == layers(flat)
    results.append(difference(theirs, ours(runner, text, [], feeds, names, folder)))
    pointwise(binary, "convert", text, again)
    results.append(difference(theirs, runtime(again, feeds)))
    return is_same, results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--runner")
    parser.add_argument("pointwise")
    parser.add_argument("network", nargs="+", type=pathlib.Path)
    options = parser.parse_args()
    failed = 0
    for network in options.network:
        with tempfile.TemporaryDirectory() as folder:
            try:
                is_same, results = check(options, network, pathlib.Path(folder))
                is_good = is_same and max(results) <= TOLERANCE
                told = f"{'same layers' if is_same else 'OTHER LAYERS'}, differences " + " ".join(f"{r:.1e}" for r in results)
            except Exception as error:  # Each network is told of.
                is_good, told = False, str(error)[:1500]
        failed += not is_good
        print(f"{'ok  ' if is_good else 'FAIL'} {network.name}: {told}", flush=True)
    print(f"{len(options.network) - failed} of {len(options.network)}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
