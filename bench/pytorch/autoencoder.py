"""The VQ autoencoder. Images [B,3,H,W] in [-1,1], latents [B,C,h,w]; parameter names are the official ones."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def norm(channels: int, config: dict) -> nn.GroupNorm:
    return nn.GroupNorm(config.get("norm_groups", 32), channels, eps=1e-6)


def conv3x3(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1)


class ResnetBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, config: dict):
        super().__init__()
        self.norm1, self.conv1 = norm(inputs, config), conv3x3(inputs, outputs)
        self.norm2, self.conv2 = norm(outputs, config), conv3x3(outputs, outputs)
        if inputs != outputs:
            self.nin_shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        return (self.nin_shortcut(x) if hasattr(self, "nin_shortcut") else x) + h


class AttnBlock(nn.Module):
    """Single-head attention over all positions."""

    def __init__(self, channels: int, config: dict):
        super().__init__()
        self.norm = norm(channels, config)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(x)
        q, k, v = (layer(h).flatten(2).transpose(1, 2)[:, None] for layer in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(q, k, v)[:, 0].transpose(1, 2)
        return x + self.proj_out(mixed.reshape(x.shape))


class Downsample(nn.Module):
    """One zero column on the right and one zero row below, then stride 2."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = conv3x3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class Level(nn.Module):
    """Residual blocks of one resolution and, where there is one, the way to the next."""

    def __init__(self, inputs: int, outputs: int, count: int, config: dict, **resample: nn.Module):
        super().__init__()
        widths = [inputs] + [outputs] * count
        self.block = nn.Sequential(*(ResnetBlock(a, b, config) for a, b in zip(widths, widths[1:])))
        for name, layer in resample.items():
            self.add_module(name, layer)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = layer(x)
        return x


def middle(channels: int, config: dict) -> nn.ModuleDict:
    return nn.ModuleDict(
        {
            "block_1": ResnetBlock(channels, channels, config),
            "attn_1": AttnBlock(channels, config),
            "block_2": ResnetBlock(channels, channels, config),
        }
    )


class Encoder(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        widths = [config["ch"] * multiplier for multiplier in config["ch_mult"]]
        self.conv_in = conv3x3(config["in_channels"], config["ch"])
        self.down = nn.ModuleList(
            Level(before, width, config["num_res_blocks"], config, downsample=Downsample(width))
            if i < len(widths) - 1
            else Level(before, width, config["num_res_blocks"], config)
            for i, (before, width) in enumerate(zip([config["ch"], *widths], widths))
        )
        self.mid = middle(widths[-1], config)
        self.norm_out, self.conv_out = norm(widths[-1], config), conv3x3(widths[-1], config["z_channels"])

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv_in(x)
        for layer in (*self.down, *self.mid.values()):
            h = layer(h)
        return self.conv_out(F.silu(self.norm_out(h)))


class Decoder(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        widths = [config["ch"] * multiplier for multiplier in config["ch_mult"]]
        self.conv_in = conv3x3(config["z_channels"], widths[-1])
        self.mid = middle(widths[-1], config)
        self.up = nn.ModuleList(
            Level(before, width, config["num_res_blocks"] + 1, config, upsample=Upsample(width))
            if i > 0
            else Level(before, width, config["num_res_blocks"] + 1, config)
            for i, (before, width) in enumerate(zip([*widths[1:], widths[-1]], widths))
        )
        self.norm_out, self.conv_out = norm(widths[0], config), conv3x3(widths[0], config["out_ch"])

    def forward(self, z: Tensor) -> Tensor:
        h = self.conv_in(z)
        for layer in (*self.mid.values(), *reversed(self.up)):
            h = layer(h)
        return self.conv_out(F.silu(self.norm_out(h)))


class Quantizer(nn.Module):
    def __init__(self, config: dict):
        super().__init__()
        self.embedding = nn.Embedding(config["n_embed"], config["embed_dim"])

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Nearest codes, gradient passed straight through, and their indices [B,h,w]."""
        with torch.no_grad():
            vectors = z.permute(0, 2, 3, 1)
            codes = self.embedding.weight
            # |z - e|^2 without |z|^2, which all codes share.
            distances = torch.addmm(codes.square().sum(1), vectors.reshape(-1, codes.shape[1]), codes.T, alpha=-2)
            indices = distances.argmin(1).view(vectors.shape[:3])
            quantized = self.embedding(indices).permute(0, 3, 1, 2)
        return z + (quantized - z).detach(), indices


class Autoencoder(nn.Module):
    """`config`: the official keys, those of `ddconfig` among them."""

    def __init__(self, config: dict):
        super().__init__()
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.quantize = Quantizer(config)
        self.quant_conv = nn.Conv2d(config["z_channels"], config["embed_dim"], 1)
        self.post_quant_conv = nn.Conv2d(config["embed_dim"], config["z_channels"], 1)

    def encode(self, image: Tensor) -> Tensor:
        """The latent of the diffusion: continuous, not quantised."""
        return self.quant_conv(self.encoder(image))

    def decode(self, z: Tensor, quantize: bool = True) -> Tensor:
        return self.decoder(self.post_quant_conv(self.quantize(z)[0] if quantize else z))
