"""The Swin U-Net: teacher and fake and, with a noise channel, student. Tensors are [B,C,H,W], names the official ones."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def group_norm(channels: int, config: dict) -> nn.GroupNorm:
    return nn.GroupNorm(config.get("norm_groups", 32), channels, eps=1e-5)


def conv3x3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1)


def time_embedding(t: Tensor, width: int) -> Tensor:
    """Cosines, then sines, of t [B] at falling frequencies: [B,width]."""
    half = width // 2
    frequencies = torch.exp(torch.arange(half, dtype=torch.float64) * (-math.log(10000) / half))
    angles = t[:, None].to(torch.float64) * frequencies
    return F.pad(torch.cat([angles.cos(), angles.sin()], 1).float(), (0, width % 2))


class ResBlock(nn.Module):
    def __init__(self, inputs: int, outputs: int, config: dict):
        super().__init__()
        self.in_layers = nn.Sequential(group_norm(inputs, config), nn.SiLU(), conv3x3(inputs, outputs))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(4 * config["model_channels"], 2 * outputs))
        self.out_layers = nn.Sequential(
            group_norm(outputs, config), nn.SiLU(), nn.Identity(), conv3x3(outputs, outputs)
        )
        self.skip_connection = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)
        nn.init.zeros_(self.out_layers[3].weight)
        nn.init.zeros_(self.out_layers[3].bias)

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        h = self.in_layers(x)
        scale, shift = self.emb_layers(embedding)[:, :, None, None].chunk(2, 1)
        norm, *rest = self.out_layers
        h = torch.addcmul(shift, norm(h), 1 + scale)
        for layer in rest:
            h = layer(h)
        return self.skip_connection(x) + h


def relative_positions(window: int) -> Tensor:
    """Row of the bias table for each query and key of a window: [T,T]."""
    y, x = torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")
    y, x = y.flatten(), x.flatten()
    return (y[:, None] - y + window - 1) * (2 * window - 1) + (x[:, None] - x + window - 1)


class WindowAttention(nn.Module):
    def __init__(self, width: int, heads: int, window: int):
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.empty((2 * window - 1) ** 2, heads))
        self.register_buffer("relative_position_index", relative_positions(window), persistent=False)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        """Windows [N,T,E]; mask [N,1,T,T] or none."""
        windows, tokens, width = x.shape
        q, k, v = self.qkv(x).view(windows, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        bias = F.embedding(self.relative_position_index, self.relative_position_bias_table).permute(2, 0, 1)[None]
        logits = torch.matmul(q * q.shape[-1] ** -0.5, k.transpose(-1, -2)) + bias
        if mask is not None:
            logits = logits + mask
        y = torch.matmul(logits.softmax(-1), v)
        return self.proj(y.transpose(1, 2).reshape(windows, tokens, width))


class Mlp(nn.Module):
    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.fc1 = nn.Conv2d(width, hidden, 1)
        self.fc2 = nn.Conv2d(hidden, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(F.gelu(self.fc1(x)))


class SwinBlock(nn.Module):
    def __init__(self, window: int, shift: int, config: dict):
        super().__init__()
        width = config["swin_embed_dim"]
        self.window, self.shift = window, shift
        self.norm1 = group_norm(width, config)
        self.attn = WindowAttention(width, width // config["num_head_channels"], window)
        self.norm2 = group_norm(width, config)
        self.mlp = Mlp(width, int(width * config["mlp_ratio"]))
        self.masks: dict[tuple[int, ...], Tensor] = {}

    def mask(self, batch: int, rows: int, columns: int) -> Tensor:
        """The published weights' mask: in the last row of windows, tokens are told apart by their column alone."""
        key = (batch, rows, columns)
        if key not in self.masks:
            wrapped = torch.arange(self.window**2) % self.window >= self.window - self.shift
            mask = torch.zeros(batch, rows, columns, 1, self.window**2, self.window**2)
            mask[:, -1] = torch.where(wrapped[:, None] == wrapped, 0.0, -100.0)
            self.masks[key] = mask.flatten(0, 2)
        return self.masks[key]

    def attend(self, x: Tensor) -> Tensor:
        y = x.permute(0, 2, 3, 1)
        if self.shift:
            y = y.roll((-self.shift, -self.shift), (1, 2))
        batch, height, width, channels = y.shape
        rows, columns = height // self.window, width // self.window
        y = y.reshape(batch, rows, self.window, columns, self.window, channels).transpose(2, 3)
        y = y.reshape(-1, self.window**2, channels)
        y = self.attn(y, self.mask(batch, rows, columns) if self.shift else None)
        y = y.view(batch, rows, columns, self.window, self.window, channels).transpose(2, 3)
        y = y.reshape(batch, height, width, channels)
        if self.shift:
            y = y.roll((self.shift, self.shift), (1, 2))
        return y.permute(0, 3, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attend(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Patch(nn.Module):
    """1x1 convolution into or out of the Swin layer."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.proj = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x)


class SwinLayer(nn.Module):
    def __init__(self, channels: int, resolution: int, config: dict):
        super().__init__()
        width, window = config["swin_embed_dim"], config["window_size"]
        # Decided by the nominal resolution, whatever the size of the map.
        shift, window = (0, resolution) if resolution <= window else (window // 2, window)
        self.patch_embed = Patch(channels, width)
        self.patch_unembed = Patch(width, channels)
        self.blocks = nn.Sequential(
            *(SwinBlock(window, shift * (i % 2), config) for i in range(config["swin_depth"]))
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.patch_unembed(self.blocks(self.patch_embed(x)))


class Downsample(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.op = conv3x3(channels, channels, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.op(x)


class Upsample(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.conv = conv3x3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class Block(nn.Sequential):
    """Layers of one block; residual blocks alone take the embedding."""

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        for layer in self:
            x = layer(x, embedding) if isinstance(layer, ResBlock) else layer(x)
        return x


class UNet(nn.Module):
    """`config` has the official keys; `noise_channels` come after the LR image's and are not in `in_channels`."""

    def __init__(self, config: dict):
        super().__init__()
        self.width = width = config["model_channels"]
        self.time_embed = nn.Sequential(nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, 4 * width))
        channels = width * config["channel_mult"][0]
        first = Block(conv3x3(config["in_channels"] + config.get("noise_channels", 0), channels))
        inputs, skips, resolution = [first], [channels], config["image_size"]
        levels = list(enumerate(zip(config["channel_mult"], config["num_res_blocks"], strict=True)))

        def block(given: int, level: int, first: bool) -> list[nn.Module]:
            outputs = width * config["channel_mult"][level]
            attends = first and resolution in config["attention_resolutions"]
            return [ResBlock(given, outputs, config)] + ([SwinLayer(outputs, resolution, config)] if attends else [])

        for level, (multiplier, count) in levels:
            for i in range(count):
                inputs.append(Block(*block(channels, level, i == 0)))
                channels = width * multiplier
                skips.append(channels)
            if level < len(levels) - 1:
                inputs.append(Block(Downsample(channels)))
                skips.append(channels)
                resolution //= 2
        self.input_blocks = nn.ModuleList(inputs)
        self.middle_block = Block(
            ResBlock(channels, channels, config),
            SwinLayer(channels, resolution, config),
            ResBlock(channels, channels, config),
        )
        outputs = []
        for level, (multiplier, count) in reversed(levels):
            for i in range(count + 1):
                layers = block(channels + skips.pop(), level, i == 0)
                channels = width * multiplier
                if level > 0 and i == count:
                    layers.append(Upsample(channels))
                    resolution *= 2
                outputs.append(Block(*layers))
        self.output_blocks = nn.ModuleList(outputs)
        self.out = nn.Sequential(
            group_norm(channels, config), nn.SiLU(), conv3x3(channels, config["out_channels"])
        )

    def encode(self, x: Tensor, t: Tensor, lq: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor, list]:
        """Output of the middle block (the discriminator's features), embedding, skip connections."""
        embedding = self.time_embed(time_embedding(t, self.width))
        if lq.shape[-1] < x.shape[-1]:
            lq = F.interpolate(lq, scale_factor=4, mode="nearest")
        h = torch.cat([x, lq] if noise is None else [x, lq, noise], 1)
        skips = []
        for block in self.input_blocks:
            h = block(h, embedding)
            skips.append(h)
        return self.middle_block(h, embedding), embedding, skips

    def forward(self, x: Tensor, t: Tensor, lq: Tensor, noise: Tensor | None = None) -> Tensor:
        """x [B,C,h,w] scaled noisy latent, t [B], lq [B,3,h,w] in [-1,1] -> [B,C,h,w]."""
        h, embedding, skips = self.encode(x, t, lq, noise)
        for block in self.output_blocks:
            h = block(torch.cat([h, skips.pop()], 1), embedding)
        return self.out(h)
