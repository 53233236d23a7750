"""Metrics of the Python toolbox pyiqa 0.1.11 with formula weights: `FOLDER METRIC` writes FOLDER/METRIC.safetensors, prints JSON.

The values are those of FOLDER/images/*.png; of fid, of FOLDER/restored and FOLDER/reference. Nothing is downloaded.
"""

import importlib
import json
import os
import sys
from unittest.mock import MagicMock

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

# Imported by the toolbox for training and for other metrics; their own requirements conflict.
for unused in ("imgaug", "imgaug.augmenters", "transformers", "icecream"):
    sys.modules[unused] = MagicMock()

FOLDER, METRIC = sys.argv[1:]


def uniform(key, count):
    """The formula of golden data: u in [-0.5, 0.5)."""
    h = 0x811C9DC5
    for byte in key.encode():
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    z = (np.arange(count, dtype=np.uint64) + (h + 0x9E3779B9)) & 0xFFFFFFFF
    z = ((z ^ (z >> 16)) * 0x21F0AAAD) & 0xFFFFFFFF
    z = ((z ^ (z >> 15)) * 0x735A2D97) & 0xFFFFFFFF
    return (z ^ (z >> 15)) / 2.0**32 - 0.5


def value_range(name, shape, spread):
    """Offset and amplitude; `spread` squared is the variance that a layer's output has for inputs of variance 1."""
    if name == "logit_scale":
        return 4.6, 0
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith(".weight")):
        return 1, 0.4
    if name in ("fc_score.3.bias", "head.bias"):
        return 1, 0
    return (0, 2 * spread * np.sqrt(3 / np.prod(shape[1:]))) if len(shape) >= 2 else (0, 0.2)


def fill(network, spread=1.0):
    """Formula weights, saved as the user's file."""
    state = network.state_dict()
    for name, tensor in state.items():
        if not tensor.is_floating_point() or name.endswith("attn_mask"):
            continue
        offset, amp = value_range(name, tensor.shape, spread)
        values = offset + amp * uniform(name, tensor.numel())
        state[name] = torch.from_numpy(values.astype(np.float32)).reshape(tensor.shape)
    network.load_state_dict(state)
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, os.path.join(FOLDER, METRIC + ".safetensors"))
    return network.eval()


def arch(name):
    module = importlib.import_module("pyiqa.archs." + name)
    if hasattr(module, "load_pretrained_network"):
        module.load_pretrained_network = lambda *args, **kwargs: None
    return module


def musiq():
    return fill(arch("musiq_arch").MUSIQ(pretrained=False))


def clipiqa():
    clip = arch("clip_model").CLIP(1024, 224, (3, 4, 6, 3), 64, None, 77, 49408, 512, 8, 12)
    module = arch("clipiqa_arch")
    module.load = lambda *args, **kwargs: fill(clip, 1.4)
    return module.CLIPIQA()


def maniqa():
    """With the crops of FOLDER/corners.json instead of random ones."""
    module = arch("maniqa_arch")
    create = module.timm.create_model
    module.timm.create_model = lambda name, **kwargs: create(name, **{**kwargs, "pretrained": False})
    with open(os.path.join(FOLDER, "corners.json")) as file:
        corners = json.load(file)

    def crops(images, crop_size, crop_num):
        return torch.cat([images[..., c["top"] : c["top"] + crop_size, c["left"] : c["left"] + crop_size] for c in corners])

    module.random_crop = crops
    return fill(module.MANIQA(train_dataset="pipal"), 0.7)


def fid():
    inception, module = arch("inception"), arch("fid_arch")
    create = inception.fid_inception_v3
    inception.fid_inception_v3 = lambda: fill(create(), 1.4)
    metric = module.FID()
    folders = [os.path.join(FOLDER, name) for name in ("restored", "reference")]
    options = {"num_workers": 0, "device": torch.device("cpu"), "verbose": False}
    return {mode: float(metric(*folders, mode=mode, **options)) for mode in ("clean", "legacy_pytorch")}


def values(network):
    found = {}
    for name in sorted(os.listdir(os.path.join(FOLDER, "images"))):
        with Image.open(os.path.join(FOLDER, "images", name)) as image:
            pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            found[name] = float(network(pixels))
    return found


if __name__ == "__main__":
    print(json.dumps(fid() if METRIC == "fid" else values({"musiq": musiq, "clipiqa": clipiqa, "maniqa": maniqa}[METRIC]())))
