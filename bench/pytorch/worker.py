"""The process of one case, spoken to like the engines' `worker.ts`: set up, one timed run for each message, the end.

Started by Node, which says by NODE_CHANNEL_FD where its messages come from: JSON, one a line.
"""

import copy
import json
import os
import re
import resource
import socket
import sys
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from autoencoder import Autoencoder
from rsd import Batch, GanHead, Lpips, Process, Rsd, Trainer, weighted_sum
from unet import UNet

CHANNELS_LAST = torch.channels_last


def snake_case(value):
    """The run file's camelCase keys as the official ones."""
    if not isinstance(value, dict):
        return value
    return {re.sub(r"[A-Z]", lambda c: "_" + c[0].lower(), key): snake_case(item) for key, item in value.items()}


class Sizes:
    """Networks and shapes of a run."""

    def __init__(self, run: dict, batch: int):
        self.batch = batch
        self.unet, self.autoencoder = run["teacher"]["unet"], run["autoencoder"]
        self.diffusion, self.timesteps = run["diffusion"], run["rsd"]["timesteps"]
        self.hr = run["data"]["gt_size"]
        self.lq = self.hr // run["data"]["scale"]
        self.latent = self.hr // 2 ** (len(self.autoencoder["ch_mult"]) - 1)

    def normal(self, channels: int, side: int) -> torch.Tensor:
        return torch.randn(self.batch, channels, side, side).to(memory_format=CHANNELS_LAST)

    def image(self, side: int) -> torch.Tensor:
        return (torch.rand(self.batch, 3, side, side) * 2 - 1).to(memory_format=CHANNELS_LAST)

    def unet_inputs(self) -> tuple[torch.Tensor, ...]:
        t = torch.randint(self.diffusion["steps"], (self.batch,))
        return self.normal(self.unet["out_channels"], self.latent), t, self.normal(3, self.lq)


def prepare_forward(sizes: Sizes) -> Callable[[], dict[str, float]]:
    network, inputs = resident(UNet(sizes.unet), frozen=True), sizes.unet_inputs()

    @torch.inference_mode()
    def run() -> dict[str, float]:
        return {"forward": timed(lambda: network(*inputs))}

    return run


def prepare_step(sizes: Sizes) -> Callable[[], dict[str, float]]:
    network = resident(UNet(sizes.unet))
    trainer = Trainer([network], ema=copy.deepcopy(network).requires_grad_(False))
    x, t, lq = sizes.unet_inputs()
    return lambda: {"step": timed(lambda: trainer.update(F.mse_loss(network(x, t, lq), x)))}


def prepare_rsd_iteration(sizes: Sizes) -> Callable[[], dict[str, float]]:
    if sizes.autoencoder.get("anchored") or sizes.diffusion["predict_type"] != "xstart":
        raise SystemExit("the PyTorch version of rsd-iteration knows the official autoencoder and prediction only")
    teacher = resident(UNet(sizes.unet), frozen=True)
    student = resident(UNet(sizes.unet | {"noise_channels": 1}))
    fake = resident(copy.deepcopy(teacher).requires_grad_())
    width = sizes.unet["model_channels"] * sizes.unet["channel_mult"][-1]
    head = resident(GanHead(width, 32))
    frozen = [resident(module, frozen=True) for module in (Autoencoder(sizes.autoencoder), Lpips())]
    names = ("steps", "power", "etas_end", "min_noise_level", "kappa")
    rsd = Rsd(Process(**{name: sizes.diffusion[name] for name in names}), teacher, student, fake, head, *frozen)
    fake_trainer = Trainer([fake, head])
    student_trainer = Trainer([student], ema=copy.deepcopy(student).requires_grad_(False))
    channels = sizes.autoencoder["embed_dim"]

    def batch() -> Batch:
        return Batch(
            hr=sizes.image(sizes.hr),
            lq=sizes.image(sizes.lq),
            tn=torch.tensor(sizes.timesteps)[torch.randint(len(sizes.timesteps), (sizes.batch,))],
            t=torch.randint(sizes.diffusion["steps"], (sizes.batch,)),
            noise_tn=sizes.normal(channels, sizes.latent),
            noise_t=sizes.normal(channels, sizes.latent),
            eps=sizes.normal(1, sizes.latent),
            noise_last=sizes.normal(channels, sizes.latent),
            eps_last=sizes.normal(1, sizes.latent),
        )

    def fake_update() -> None:
        fake_trainer.update(weighted_sum(rsd.fake_losses(batch())))

    def student_update() -> None:
        # Judges are constants here: no gradients of their weights.
        for judge in (fake, head):
            judge.requires_grad_(False)
        student_trainer.update(weighted_sum(rsd.student_losses(batch())))
        for judge in (fake, head):
            judge.requires_grad_(True)

    def run() -> dict[str, float]:
        seconds = {"fake update": timed(fake_update), "student update": timed(student_update)}
        return {"rsd-iteration": sum(seconds.values()), **seconds}

    return run


PREPARE = {"forward": prepare_forward, "step": prepare_step, "rsd-iteration": prepare_rsd_iteration}


def resident(module: torch.nn.Module, frozen: bool = False) -> torch.nn.Module:
    return module.to(memory_format=CHANNELS_LAST).requires_grad_(not frozen)


def timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def peak_rss_mb() -> int:
    with open("/proc/self/status") as status:
        return next(round(int(line.split()[1]) / 1024) for line in status if line.startswith("VmHWM:"))


def forget_peak() -> None:
    """Resets the high-water mark of resident memory (proc(5), clear_refs)."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(name: str, case: str) -> None:
    measured = snake_case(json.loads(case))
    torch.manual_seed(measured["run"]["seed"])
    torch.set_num_threads(measured["threads"])
    # As TensorFlow does: numbers too small to matter cost a hundred times the time of others.
    torch.set_flush_denormal(True)
    run = PREPARE[name](Sizes(measured["run"], measured["batch"]))
    channel = socket.socket(fileno=int(os.environ["NODE_CHANNEL_FD"])).makefile("rw")

    def answer(**message) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    first_peak = None
    answer(kind="ready")
    for line in channel:
        if json.loads(line) == "run":
            before = cpu_seconds()
            seconds = run()
            cpu = cpu_seconds() - before
            if first_peak is None:
                first_peak = peak_rss_mb()
                forget_peak()
            answer(kind="run", seconds=seconds, cpu=cpu)
        else:
            later = peak_rss_mb()
            answer(kind="end", peaks={"peakRssMb": max(first_peak, later), "laterPeakRssMb": later})
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
