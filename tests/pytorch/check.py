"""Compares written PyTorch modules with what the program itself computes.

    python tests/pytorch/check.py POINTWISE NETWORK...

Each network (.net or .onnx) is converted to a module, its weights (seeded where it has none) are loaded strictly, and both
compute the same random inputs, two images at once; PyTorch in 64 bits, so that the difference is the program's own rounding. Needs torch, numpy and safetensors.
"""

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

torch.set_num_threads(2)


def tell(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command[1:]))}: {done.stderr.strip()}")
    return done.stdout


def graph(pointwise, network, folder):
    import json

    tell(pointwise, "convert", network, folder / "graph.json")
    return json.loads((folder / "graph.json").read_text())


def compare(pointwise, network, folder):
    py, weights = folder / "module.py", folder / "module.safetensors"
    tell(pointwise, "convert", network, py)
    if not weights.exists():
        tell(pointwise, "init", network, "-o", weights, "--seed", "1")
    source = py.read_text()
    spec = importlib.util.spec_from_file_location("module", py)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    net = [line.split("(")[0].strip().removeprefix("model = ") for line in source.splitlines() if line.strip().startswith("model = ")]
    torch.manual_seed(0)
    model = getattr(module, net[0])().eval()
    model.load_state_dict(load_file(weights))
    described = graph(pointwise, network, folder)
    inputs, outputs = described["inputs"], described["outputs"]
    random = np.random.default_rng(0)
    arrays, arguments = [], []
    for at, given in enumerate(inputs):
        array = random.standard_normal([2, *given["shape"]]).astype(np.float32)
        np.save(folder / f"in{at}.npy", array)
        arrays.append(torch.from_numpy(array))
        arguments += ["--input", f"`{given['name']}`={folder / f'in{at}.npy'}"]
    for at, output in enumerate(outputs):
        arguments += ["--output", f"`{output['name']}`={folder / f'out{at}.npy'}"]
    tell(pointwise, "run", network, *([] if str(network).endswith(".onnx") else ["-w", weights]), *arguments)
    model.double()
    with torch.no_grad():
        results = model(*[array.double() for array in arrays])
    results = results if isinstance(results, tuple) else (results,)
    worst = 0.0
    for at, result in enumerate(results):
        wanted = torch.from_numpy(np.load(folder / f"out{at}.npy"))
        if list(result.shape) != list(wanted.shape):
            raise RuntimeError(f"output {at} is {list(result.shape)}, not {list(wanted.shape)}")
        if not torch.equal(result.isfinite(), wanted.isfinite()):
            raise RuntimeError(f"output {at} is not finite in other places")
        finite = wanted.isfinite()
        wanted = wanted.double()
        scale = wanted[finite].abs().max().item() if finite.any() else 0.0
        error = (result.double() - wanted)[finite].abs().max().item() if finite.any() else 0.0
        worst = max(worst, error / scale if scale else error)
    return worst, len(source.splitlines())


def main(pointwise, networks):
    failed = 0
    for network in networks:
        with tempfile.TemporaryDirectory() as folder:
            try:
                error, lines = compare(pointwise, network, Path(folder))
                wrong = error > 1e-5
                print(f"{'DIFFERS' if wrong else 'ok':8}{error:9.1e}  {lines:5} lines  {network}", flush=True)
            except Exception as problem:  # each network is tried
                wrong = True
                print(f"FAILED   {network}: {type(problem).__name__}: {str(problem)[:600]}", flush=True)
        failed += wrong
    print(f"{len(networks) - failed} of {len(networks)} agree")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
