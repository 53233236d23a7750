"""Compares the PyTorch version with the golden data: check_golden.py GOLDEN [--full]. Tolerances are those of its README."""

import argparse
import copy
import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from autoencoder import Autoencoder
from rsd import Batch, GanHead, Lpips, Process, Rsd, Trainer, weighted_sum
from unet import UNet

OUTPUT, LATENT, DECODED, FULL = 2e-5, 1e-4, 2e-4, 5e-5
ACTIVATION, GRADIENT, LOSS = 5e-5, 1e-2, 2e-4
# A gradient is compared with the largest value of its parameter, but not below this share of the largest of all.
GRADIENT_FLOOR = 1e-4
FNV_OFFSET, FNV_PRIME = 0x811C9DC5, 0x01000193


class Report:
    def __init__(self):
        self.failed = 0

    def check(self, name: str, error: float, tolerance: float) -> None:
        good = error <= tolerance
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {name}: {error:.2e} (tolerance {tolerance:.0e})")

    def close(self, name: str, value: Tensor, expected: Tensor, tolerance: float, relative: bool = False) -> None:
        expected = expected.to(value.dtype)
        scale = expected.abs().max().item() if relative else 1.0
        self.check(name, (value.detach() - expected).abs().max().item() / scale, tolerance)


def formula(key: str, shape: tuple[int, ...], salt: int = 0) -> Tensor:
    """Weights by the formula of the golden README."""
    if key.endswith("relative_position_bias_table"):
        offset, amplitude = 0.0, 1.0
    elif key.endswith("embedding.weight"):
        offset, amplitude = 0.0, 2.0
    elif key.startswith("alexnet."):
        offset, amplitude = 0.0, 0.2 if key.endswith("bias") else 2 * np.sqrt(6 / np.prod(shape[1:]))
    elif len(shape) >= 2:
        offset, amplitude = 0.0, 2 * np.sqrt(3 / np.prod(shape[1:]))
    else:
        offset, amplitude = (1.0, 0.4) if key.endswith("weight") else (0.0, 0.2)
    return torch.from_numpy((offset + amplitude * uniform(key, shape, salt)).astype(np.float32))


def uniform(key: str, shape: tuple[int, ...], salt: int = 0) -> np.ndarray:
    """Numbers in [-0.5, 0.5) that are a function of key and position."""
    h = FNV_OFFSET
    for byte in (f"{key}#{salt}" if salt else key).encode():
        h = ((h ^ byte) * FNV_PRIME) & 0xFFFFFFFF
    z = np.arange(np.prod(shape), dtype=np.uint32) + np.uint32((h + 0x9E3779B9) & 0xFFFFFFFF)
    for shift, factor in ((16, 0x21F0AAAD), (15, 0x735A2D97)):
        z = (z ^ (z >> np.uint32(shift))) * np.uint32(factor)
    z ^= z >> np.uint32(15)
    return (z / 2.0**32 - 0.5).reshape(shape)


def with_formula(module: nn.Module, prefix: str = "", salts: dict[str, int] | None = None) -> nn.Module:
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            key = prefix + name
            parameter.copy_(formula(key, tuple(parameter.shape), (salts or {}).get(key, 0)))
    return module


def with_weights(module: nn.Module, weights: dict[str, Tensor]) -> nn.Module:
    buffers = ("attn_mask", "relative_position_index")
    module.load_state_dict({name: t.float() for name, t in weights.items() if not name.endswith(buffers)})
    return module


def weights_of(folder: Path) -> dict[str, Tensor]:
    if (folder / "weights.safetensors").exists():
        return load_file(folder / "weights.safetensors")
    return torch.load(folder / "weights_half.pth", weights_only=True)


def info(folder: Path) -> dict:
    return json.loads((folder / "info.json").read_text())


def widened(teacher: UNet, config: dict) -> UNet:
    student = UNet(config | {"noise_channels": 1})
    weights = teacher.state_dict()
    first = weights["input_blocks.0.0.weight"]
    weights["input_blocks.0.0.weight"] = torch.cat([first, torch.zeros_like(first[:, :1])], 1)
    return with_weights(student, weights)


def check_gradients(report: Report, name: str, module: nn.Module, summary: dict) -> None:
    """Samples of every parameter's gradient, and its projection on a fixed vector."""
    largest = max(entry["max_abs"] for entry in summary.values())
    worst = 0.0
    for key, parameter in module.named_parameters():
        entry = summary[key]
        gradient = parameter.grad.flatten().double()
        samples = gradient[torch.tensor(entry["idx"])] - torch.tensor(entry["val"], dtype=torch.float64)
        scale = max(entry["max_abs"], GRADIENT_FLOOR * largest)
        projected = gradient.numpy() @ uniform(f"proj:{key}", (gradient.numel(),)) - entry["proj"]
        length = max(entry["l2"], GRADIENT_FLOOR * largest * gradient.numel() ** 0.5)
        worst = max(worst, samples.abs().max().item() / scale, abs(projected) / length)
    report.check(f"{name}: parameter gradients", worst, GRADIENT)


def check_unet(report: Report, folder: Path) -> None:
    name, config = folder.name, info(folder)["config"]
    network = with_weights(UNet(config), weights_of(folder))
    for case in ("square", "wide", "tall", "lq_quarter", "student"):
        data = load_file(folder / f"{case}.safetensors")
        x, t, lq = data["x"], data["timesteps"], data["lq"]
        if case == "student":
            student = widened(network, config)
            first = {key: data[key] for key in ("input_blocks.0.0.weight", "input_blocks.0.0.bias")}
            out = with_weights(student, student.state_dict() | first)(x, t, lq, data["noise_input"])
        elif case == "square":
            x.requires_grad_(), lq.requires_grad_()
            report.close(f"{name} middle", network.encode(x, t, lq)[0], data["act.middle_block"], ACTIVATION, True)
            out = network(x, t, lq)
            (out * data["target"]).mean().backward()
            gradients = load_file(folder / ("grads.safetensors" if name == "unet-micro" else "grads_input.safetensors"))
            report.close(f"{name} gradient of x", x.grad, gradients["input.x"], GRADIENT, True)
            report.close(f"{name} gradient of lq", lq.grad, gradients["input.lq"], GRADIENT, True)
            check_gradients(report, name, network, json.loads((folder / "grads_summary.json").read_text())["params"])
        else:
            out = network(x, t, lq)
        report.close(f"{name} {case}", out, data["out"], OUTPUT)


def flat_config(config: dict) -> dict:
    return config["ddconfig"] | {key: config[key] for key in ("embed_dim", "n_embed")}


def check_autoencoder(report: Report, folder: Path) -> None:
    name = folder.name
    network = with_weights(Autoencoder(flat_config(info(folder)["config"])), weights_of(folder)).requires_grad_(False)
    for case in ("square", "wide"):
        data = load_file(folder / f"{case}.safetensors")
        check_coding(report, f"{name} {case}", network, data, LATENT, DECODED)
        for kind, quantize in (("quantized", True), ("not_quantized", False)):
            latent = data["latent"].requires_grad_()
            (gradient,) = torch.autograd.grad((network.decode(latent, quantize) * data["target"]).mean(), latent)
            report.close(f"{name} {case} gradient, {kind}", gradient, data[f"grad_latent_{kind}"], GRADIENT, True)


@torch.no_grad()
def check_coding(report: Report, name: str, network: Autoencoder, data: dict, latent: float, decoded: float) -> None:
    report.close(f"{name} latent", network.encode(data["image"]), data["latent"], latent)
    differing = (network.quantize(data["latent"])[1] != data["indices"]).sum().item()
    report.check(f"{name} codes that differ", differing, 0)
    for kind, quantize in (("quantized", True), ("not_quantized", False)):
        report.close(f"{name} decoded, {kind}", network.decode(data["latent"], quantize), data[f"decode_{kind}"], decoded)


def check_full(report: Report, golden: Path) -> None:
    """The official sizes."""
    folder = golden / "full-formula"
    config = info(golden / "unet-tiny")["config"] | {"model_channels": 160, "swin_embed_dim": 192, "num_head_channels": 32}
    network = with_formula(UNet(config))
    data = load_file(folder / "unet.safetensors")
    x, t, lq = data["x"].requires_grad_(), data["timesteps"], data["lq"].requires_grad_()
    report.close("full middle", network.encode(x, t, lq)[0], data["middle_block"], ACTIVATION, True)
    out = network(x, t, lq)
    report.close("full unet", out, data["out"], FULL)
    (out * data["target"]).mean().backward()
    report.close("full gradient of x", x.grad, data["grad_x"], GRADIENT, True)
    report.close("full gradient of lq", lq.grad, data["grad_lq"], GRADIENT, True)
    check_gradients(report, "full", network, json.loads((folder / "unet_grads_summary.json").read_text())["params"])
    student = load_file(folder / "student.safetensors")
    with torch.no_grad():
        network = with_formula(UNet(config | {"noise_channels": 1}))
        report.close("full student", network(x, t, lq, student["noise_input"]), student["out"], FULL)
    tiny = flat_config(info(golden / "vqgan-tiny")["config"])
    salts = {"quantize.embedding.weight": info(folder)["codebook_salt"]}
    autoencoder = with_formula(Autoencoder(tiny | {"ch": 128, "n_embed": 8192}), salts=salts)
    check_coding(report, "full autoencoder", autoencoder, load_file(folder / "vqgan.safetensors"), FULL, FULL)


def golden_lpips(golden: Path) -> Lpips:
    lpips = with_formula(Lpips(), "alexnet.")
    lpips.load_state_dict(load_file(golden / "metrics" / "lpips_alex_lin.safetensors"), strict=False)
    return lpips


def check_rsd(report: Report, golden: Path) -> None:
    """Run B of the golden set: fake and student updates with GAN and LPIPS, one after the other."""
    folder = golden / "rsd"
    described, hyper = info(folder), info(folder)["hyper"]
    run = json.loads((folder / "run_B.json").read_text())
    inputs = load_file(folder / "run_inputs.safetensors")
    config = described["nano"]["config"]
    teacher = with_weights(UNet(config), torch.load(folder / "nano_teacher.pth", weights_only=True))
    head = GanHead(described["head"]["channels"], described["head"]["groups"])
    autoencoder_folder = golden / described["vq"]
    autoencoder = Autoencoder(flat_config(info(autoencoder_folder)["config"]))
    rsd = Rsd(
        Process(steps=15, power=0.3, etas_end=0.99, min_noise_level=0.04, kappa=2.0),
        teacher.requires_grad_(False),
        widened(teacher, config),
        copy.deepcopy(teacher).requires_grad_(),
        with_weights(head, load_file(folder / "gan_head.safetensors")),
        with_weights(autoencoder, weights_of(autoencoder_folder)).requires_grad_(False),
        golden_lpips(golden).requires_grad_(False),
    )
    ema = copy.deepcopy(rsd.student).requires_grad_(False)
    trainers = {"fake": Trainer([rsd.fake, rsd.head]), "student": Trainer([rsd.student], ema, hyper["ema"])}
    for step in run["steps"]:
        given = {name.split(".")[1]: t for name, t in inputs.items() if name.startswith(f"step{step['step']:02d}.")}
        noises = {"noise_tn": given["noise_xtn"], "noise_t": given["noise_t"], "eps": given["eps"]}
        batch = Batch(hr=given["gt"], lq=given["lq"], tn=given["tn"], t=given["t"], **noises)
        kind, stored = step["kind"], {"fake_loss": "loss", "rsd_loss": "loss", "gan_d": "gan", "gan_g": "gan"}
        judges = [rsd.fake, rsd.head]
        for judge in judges:
            judge.requires_grad_(kind == "fake")
        terms = rsd.fake_losses(batch) if kind == "fake" else rsd.student_losses(batch)
        values = terms | {"norm": trainers[kind].update(weighted_sum(terms))}
        names = {name: ours for name, ours in {**stored, "lpips": "perceptual", "grad_norm": "norm"}.items() if name in step}
        scale = {name: max(abs(step[name]), 1e-2) for name in names}
        worst = max(abs(values[ours].item() - step[name]) / scale[name] for name, ours in names.items())
        report.check(f"rsd run B, step {step['step']} ({kind}): {', '.join(names)}", worst, LOSS)
    updates = {"student": run["student_update_summary"], "ema": run["ema_update_summary"]}
    initial = widened(teacher, config).state_dict()
    for (name, summary), module in zip(updates.items(), (rsd.student, ema), strict=True):
        change = {key: (value - initial[key]).norm().item() for key, value in module.named_parameters()}
        total = sum(entry["l2"] ** 2 for entry in summary.values()) ** 0.5
        worst = sum((change[key] - entry["l2"]) ** 2 for key, entry in summary.items()) ** 0.5 / total
        report.check(f"rsd run B, lengths of the {name} weights' changes", worst, GRADIENT)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("golden", type=Path, help="folder of the golden data")
    parser.add_argument("--full", action="store_true", help="also the official sizes (2 minutes, 4 GB)")
    options = parser.parse_args()
    report = Report()
    for name in ("unet-micro", "unet-tiny"):
        check_unet(report, options.golden / name)
    for name in ("vqgan-micro", "vqgan-tiny"):
        check_autoencoder(report, options.golden / name)
    check_rsd(report, options.golden)
    if options.full:
        check_full(report, options.golden)
    print(f"{report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
