"""Records which tensor of torchvision's and timm's networks is which of the zoo's, for tests/state_dicts.rs.

    python record.py path/to/pointwise [library.net ...]

needs torch, torchvision, timm and safetensors. Each network is made with random weights, every tensor different from every
other; PyTorch and `pointwise run` compute one image with them. Where the outputs agree, and only there, the pairs that
`pointwise convert` made are written: had it exchanged two tensors, the outputs would differ. A line a module:
path in the file, path in the network, and each tensor's last name and dimensions; `-` stands for a module that the network has
no place for. timm's networks whose names are torchvision's are not written again.
"""
import os, subprocess, sys, tempfile
import numpy as np
import torch
from safetensors.torch import load_file, save_file

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(HERE, "..", "..", "..", "models")
TORCHVISION = """alexnet vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn googlenet inception_v3 resnet18 resnet34
    resnet50 resnet101 resnet152 resnext50_32x4d wide_resnet50_2 densenet121 densenet169 densenet201 squeezenet1_0 squeezenet1_1
    mobilenet_v2 mobilenet_v3_large mobilenet_v3_small mnasnet1_0 shufflenet_v2_x1_0 efficientnet_b0 regnet_y_400mf
    convnext_tiny""".split()
TIMM = {n: n for n in """vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn vgg19 vgg19_bn inception_v3 resnet18 resnet34 resnet50
    resnet101 resnet152 resnext50_32x4d wide_resnet50_2 densenet121 densenet169 densenet201 efficientnet_b0 convnext_tiny
    hrnet_w18""".split()}
TIMM |= {"mobilenet_v1": "mobilenetv1_100", "mobilenet_v2": "mobilenetv2_100", "mobilenet_v3_large": "mobilenetv3_large_100",
         "mobilenet_v3_small": "mobilenetv3_small_100", "mnasnet1_0": "mnasnet_100", "regnet_y_400mf": "regnety_004"}


def make(library, net):
    torch.manual_seed(0)
    if library == "torchvision":
        import torchvision.models as models
        more = {"init_weights": False} if net in ("googlenet", "inception_v3") else {}
        model = getattr(models, net)(weights=None, **more)
    else:
        import timm
        model = timm.create_model(TIMM[net], pretrained=False)
        if net.startswith("mobilenet_v3"):
            # A state_dict does not hold it, and the zoo has torchvision's.
            for module in model.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    module.eps = 1e-3
    if hasattr(model, "transform_input"):
        model.transform_input = False
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if name.endswith("running_var"):
                value.copy_(torch.rand(value.shape) + 0.5)
            elif value.dtype.is_floating_point and value.dim() in (1, 3):
                value.add_(torch.randn(value.shape) * 0.1)
    return model.eval()


def size(net):
    return 224 if net.startswith(("vgg", "alexnet")) else 107 if net == "inception_v3" else 64


def record(binary, library, net):
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: os.path.join(folder, name)
        model, side = make(library, net), size(net)
        theirs = {k: v.clone().contiguous() for k, v in model.state_dict().items()}
        save_file(theirs, at("w.safetensors"))
        image = torch.randn(1, 3, side, side)
        np.save(at("x.npy"), image.numpy())
        with torch.no_grad():
            want = model(image).numpy()
        of = [f"{MODELS}/{net}.net", "--set", f"size={side}", "-w"]
        done = subprocess.run([binary, "convert", of[0], at("ours.safetensors"), *of[1:], at("w.safetensors")], capture_output=True, text=True)
        if done.returncode:
            return "refused: " + done.stderr.strip()
        # An optimized binary may run what another has matched.
        runner = os.environ.get("RUNNER", binary)
        tensors = ["-i", "image=" + at("x.npy"), "-o", "logits=" + at("y.npy")]
        subprocess.run([runner, "run", *of, at("ours.safetensors"), *tensors], check=True, capture_output=True)
        apart = float(np.abs(np.load(at("y.npy")) - want).max() / np.abs(want).max())
        if not apart < 1e-5:
            return f"WRONG: outputs are {apart:.1e} apart"
        key = lambda v: v.numpy().tobytes()
        ours = {key(v): k for k, v in load_file(at("ours.safetensors")).items()}
    modules = {}
    for name, value in theirs.items():
        if not name.endswith("num_batches_tracked"):
            path, role = name.rsplit(".", 1)
            if role not in ("weight", "bias", "running_mean", "running_var"):
                path, role = name, "."
            found = ours.pop(key(value), None)
            entry = modules.setdefault(path, (set(), []))
            entry[0].add(found.rsplit(".", 1)[0] if found else "-")
            entry[1].append(f"{role}:" + "x".join(map(str, value.shape)))
    assert not ours and all(len(names) == 1 for names, _ in modules.values()), "a tensor is not found again"
    lines = [f"{path} {min(names)} {' '.join(tensors)}" for path, (names, tensors) in modules.items()]
    own, twin = os.path.join(HERE, f"{library}.{net}.txt"), os.path.join(HERE, f"torchvision.{net}.txt")
    text = "\n".join(lines) + "\n"
    if library == "timm" and os.path.exists(twin) and sorted(open(twin).read().split("\n")) == sorted(text.split("\n")):
        return f"{apart:.1e} apart, as torchvision's"
    open(own, "w").write(text)
    return f"{apart:.1e} apart, {len(lines)} modules"


if __name__ == "__main__":
    every = [("torchvision", net) for net in TORCHVISION] + [("timm", net) for net in TIMM]
    for library, net in [tuple(name.split(".", 1)) for name in sys.argv[2:]] or every:
        try:
            print(f"{library}.{net}: {record(sys.argv[1], library, net)}", flush=True)
        except Exception as error:
            print(f"{library}.{net}: failed: {error!r}"[:300], flush=True)
