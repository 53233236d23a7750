"""Residual Shifting Distillation: process, losses and the two updates of an iteration (arXiv 2503.13358, algorithm 1)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autoencoder import Autoencoder
from unet import UNet

GAN_WEIGHT, LPIPS_WEIGHT = 3e-3, 2.0
NORM_EPS = 1e-8


class Process:
    """The residual-shifting process with the start capped as in the SinSR and RSD releases."""

    def __init__(self, steps: int, power: float, etas_end: float, min_noise_level: float, kappa: float):
        start = min(min_noise_level / kappa, min_noise_level, 0.001**0.5)
        exponents = (torch.arange(steps, dtype=torch.float64) / (steps - 1)) ** power
        sqrt_eta = start * (etas_end / start) ** exponents
        self.steps = steps
        self.eta = sqrt_eta.square().float()
        self.noise_std = (kappa * sqrt_eta).float()
        self.input_std = (kappa**2 * sqrt_eta.square() + 1).sqrt().float()

    def q_sample(self, z0: Tensor, zy: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        return z0 + rows(self.eta, t) * (zy - z0) + rows(self.noise_std, t) * noise

    def prior_sample(self, zy: Tensor, noise: Tensor) -> Tensor:
        return zy + self.noise_std[-1] * noise

    def predict(self, network: UNet, z: Tensor, t: Tensor, lq: Tensor, noise: Tensor | None = None) -> Tensor:
        """The network's estimate of z_0 (it predicts that itself)."""
        return network(z / rows(self.input_std, t), t, lq, noise)


def rows(table: Tensor, t: Tensor) -> Tensor:
    return table[t][:, None, None, None]


class GanHead(nn.Module):
    """DMD2's head on a middle block of 8x8 or more: [B,C,h,w] -> logits [B]."""

    def __init__(self, channels: int, groups: int):
        super().__init__()
        self.head = nn.Sequential(
            nn.Conv2d(channels, channels, 4, stride=2, padding=1),
            nn.GroupNorm(groups, channels),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 4, stride=4),
            nn.GroupNorm(groups, channels),
            nn.SiLU(),
            nn.Conv2d(channels, 1, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        return self.head(features).mean((1, 2, 3))


class Lpips(nn.Module):
    """LPIPS v0.1 on AlexNet: `features` are torchvision's, `lin0..4` the published heads."""

    def __init__(self):
        super().__init__()
        convolutions = {0: (3, 64, 11, 4, 2), 3: (64, 192, 5, 1, 2), 6: (192, 384, 3, 1, 1), 8: (384, 256, 3, 1, 1)}
        convolutions[10] = (256, 256, 3, 1, 1)
        self.features = nn.ModuleDict({str(i): nn.Conv2d(*shape) for i, shape in convolutions.items()})
        widths = [shape[1] for shape in convolutions.values()]
        for i, width in enumerate(widths):
            self.add_module(f"lin{i}", nn.Conv2d(width, 1, 1, bias=False))
        self.register_buffer("shift", torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("scale", torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1), persistent=False)

    def activations(self, image: Tensor) -> list[Tensor]:
        h, compared = (image - self.shift) / self.scale, []
        for name, layer in self.features.items():
            h = F.relu(layer(F.max_pool2d(h, 3, 2) if name in ("3", "6") else h))
            compared.append(h)
        return compared

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Images [B,3,H,W] in [-1,1] -> [B]."""
        total = 0.0
        for i, (x, y) in enumerate(zip(self.activations(a), self.activations(b))):
            difference = (unit_channels(x) - unit_channels(y)).square().mean((2, 3), keepdim=True)
            total = total + getattr(self, f"lin{i}")(difference)
        return total.flatten()


def unit_channels(x: Tensor) -> Tensor:
    # eps^2 under the root: its derivative stays finite where all channels are zero.
    return x / ((x.square().sum(1, keepdim=True) + 1e-20).sqrt() + 1e-10)


def upsample_bicubic(lq: Tensor, factor: int) -> Tensor:
    return F.interpolate(lq, scale_factor=factor, mode="bicubic", align_corners=False)


def rsd_loss(teacher: Tensor, fake: Tensor, z0_hat: Tensor) -> Tensor:
    """Eq. 34, normalised for each sample as SiD does."""
    loss = ((teacher - z0_hat).square() - (fake - z0_hat).square()).mean((1, 2, 3))
    return loss / ((teacher - z0_hat).abs().mean((1, 2, 3)).detach() + NORM_EPS)


@dataclass
class Batch:
    """Images [B,3,H,W] and [B,3,H/4,W/4] in [-1,1]; timesteps [B]; noises of latents, and the student's own (`eps`)."""

    hr: Tensor
    lq: Tensor
    tn: Tensor
    t: Tensor
    noise_tn: Tensor
    noise_t: Tensor
    eps: Tensor
    noise_last: Tensor | None = None
    eps_last: Tensor | None = None


@dataclass
class Rsd:
    """The networks of a distillation. Gradients of `teacher`, `autoencoder` and `lpips` are off for ever."""

    process: Process
    teacher: UNet
    student: UNet
    fake: UNet
    head: GanHead
    autoencoder: Autoencoder
    lpips: Lpips
    sf: int = 4

    @torch.no_grad()
    def encode(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """z_0, z_y and the student's input z_tn."""
        z0 = self.autoencoder.encode(batch.hr)
        zy = self.autoencoder.encode(upsample_bicubic(batch.lq, self.sf))
        return z0, zy, self.process.q_sample(z0, zy, batch.tn, batch.noise_tn)

    def logits(self, z: Tensor, lq: Tensor) -> Tensor:
        t = torch.zeros(len(z), dtype=torch.long)
        features, _, _ = self.fake.encode(z / rows(self.process.input_std, t), t, lq)
        return self.head(features)

    def fake_losses(self, batch: Batch) -> dict[str, Tensor]:
        """For the fake and the head: ResShift's loss on the student's outputs, and the discriminator's."""
        z0, zy, ztn = self.encode(batch)
        with torch.no_grad():
            z0_hat = self.process.predict(self.student, ztn, batch.tn, batch.lq, batch.eps)
            zt = self.process.q_sample(z0_hat, zy, batch.t, batch.noise_t)
        loss = F.mse_loss(self.process.predict(self.fake, zt, batch.t, batch.lq), z0_hat)
        real, fake = self.logits(torch.cat([z0, z0_hat]), torch.cat([batch.lq, batch.lq])).chunk(2)
        return {"loss": loss, "gan": F.softplus(-real).mean() + F.softplus(fake).mean()}

    def generate(self, batch: Batch, zy: Tensor, ztn: Tensor) -> tuple[Tensor, Tensor]:
        """The student's outputs at t_n and at the last timestep, in one pass; twice the same without `noise_last`."""
        if batch.noise_last is None:
            return (self.process.predict(self.student, ztn, batch.tn, batch.lq, batch.eps),) * 2
        last = torch.full_like(batch.tn, self.process.steps - 1)
        return self.process.predict(
            self.student,
            torch.cat([ztn, self.process.prior_sample(zy, batch.noise_last)]),
            torch.cat([batch.tn, last]),
            torch.cat([batch.lq, batch.lq]),
            torch.cat([batch.eps, batch.eps_last]),
        ).chunk(2)

    def student_losses(self, batch: Batch) -> dict[str, Tensor]:
        """For the student: distillation and GAN at t_n, LPIPS on a decoded pass from the last timestep (or the same)."""
        _, zy, ztn = self.encode(batch)
        z0_hat, z0_hat_last = self.generate(batch, zy, ztn)
        zt = self.process.q_sample(z0_hat, zy, batch.t, batch.noise_t)
        teacher = self.process.predict(self.teacher, zt, batch.t, batch.lq)
        fake = self.process.predict(self.fake, zt, batch.t, batch.lq)
        return {
            "loss": rsd_loss(teacher, fake, z0_hat).mean(),
            "gan": F.softplus(-self.logits(z0_hat, batch.lq)).mean(),
            "perceptual": self.lpips(self.autoencoder.decode(z0_hat_last), batch.hr).mean(),
        }


def weighted_sum(terms: dict[str, Tensor]) -> Tensor:
    weights = {"loss": 1.0, "gan": GAN_WEIGHT, "perceptual": LPIPS_WEIGHT}
    return sum(weights[name] * term for name, term in terms.items())


class Trainer:
    """One optimizer over `modules`: backward, guard against values that are not finite, AdamW, moving average."""

    def __init__(self, modules: list[nn.Module], ema: nn.Module | None = None, rate: float = 0.999):
        self.parameters = [p for module in modules for p in module.parameters()]
        self.source = list(modules[0].parameters())
        self.average = list(ema.parameters()) if ema else None
        self.rate = rate
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=5e-5, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0, fused=True
        )

    def update(self, loss: Tensor) -> Tensor:
        """Returns the gradient's norm."""
        loss.backward()
        norm = torch.nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None])
        if not torch.isfinite(torch.stack([loss.detach(), norm])).all():
            raise FloatingPointError("loss or gradient norm is not finite")
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.average:
            with torch.no_grad():
                torch._foreach_lerp_(self.average, self.source, 1 - self.rate)
        return norm
