"""What PyTorch and safetensors make of weight files: a digest of every tensor, as JSON; `make FOLDER` writes some first."""

import hashlib
import json
import os
import sys

import torch
from safetensors.torch import load_file


def digest(tensor):
    raw = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy()
    return {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "sha256": hashlib.sha256(raw.data).hexdigest(),
    }


def load(path):
    if path.endswith(".safetensors"):
        return load_file(path)
    return torch.load(path, weights_only=True, mmap=True)


def make(folder):
    """A network's state dict in every way a user may have saved it."""
    torch.manual_seed(7)
    net = torch.nn.Sequential(torch.nn.Conv2d(6, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Linear(4, 5))
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    net(torch.randn(2, 6, 6, 6)).square().mean().backward()
    optimizer.step()
    state = net.state_dict()
    wide = torch.randn(64, 64)
    saved = {
        "plain.pth": state,
        "views.pth": {"whole": wide, "rows": wide[3:9], "columns": wide[:, 5:7], "turned": wide.t(), "one": wide[1, 2]},
        "formats.pth": {
            str(dtype).removeprefix("torch."): (torch.randn(3, 5) * 50).to(dtype)
            for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool)
        },
        "training.pth": {
            "iters_start": 3,
            "optimizer": {"student": optimizer.state_dict()},
            "state_dict": {"student": {"module._orig_mod." + key: value for key, value in state.items()}},
        },
    }
    found = {}
    for name, content in saved.items():
        torch.save(content, os.path.join(folder, name))
        torch.save(content, os.path.join(folder, "legacy_" + name), _use_new_zipfile_serialization=False)
        flat = state if name == "training.pth" else content
        found[name] = found["legacy_" + name] = {key: digest(value) for key, value in flat.items()}
    return found


if __name__ == "__main__":
    if sys.argv[1] == "make":
        json.dump(make(sys.argv[2]), sys.stdout)
    else:
        json.dump({path: {key: digest(value) for key, value in load(path).items()} for path in sys.argv[1:]}, sys.stdout)
