"""The numbers of src/tensor/random.h, and the weights and images of src/models/initialise.h, in numpy: the same bits."""
import numpy as np

MASK = (1 << 64) - 1


def seed_from_name(name: str, seed: int = 0) -> int:
    """FNV-1a over the name, so that each parameter has a stream of its own."""
    value = 0xCBF29CE484222325 ^ seed
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & MASK
    return value


def random_bits(seed: int, indices: np.ndarray) -> np.ndarray:
    """splitmix64 at each of `indices` (uint64) of the stream `seed`."""
    z = np.uint64(seed * 0xD1342543DE82EF95 & MASK) + (indices + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform_at(seed: int, indices: np.ndarray) -> np.ndarray:
    """float32 in [-1, 1), multiples of 2⁻²³."""
    whole = (random_bits(seed, indices) >> np.uint64(40)).astype(np.int32) - np.int32(1 << 23)
    return whole.astype(np.float32) * np.float32(2.0**-23)


def uniform(seed: int, count: int) -> np.ndarray:
    return uniform_at(seed, np.arange(count, dtype=np.uint64))


def bilinear_weights(channels: int, kernel: int) -> np.ndarray:
    factor = (kernel + 1) // 2
    centre = np.float32(factor - 1 if kernel % 2 else factor - 0.5)
    ramp = np.float32(1) - np.abs(np.arange(kernel, dtype=np.float32) - centre) / np.float32(factor)
    weights = np.zeros((channels, channels, kernel, kernel), np.float32)
    weights[np.arange(channels), np.arange(channels)] = ramp[:, None] * ramp[None, :]
    return weights


def random_parameter(name: str, shape: tuple, seed: int) -> np.ndarray:
    """RandomParameter of initialise.h: what each kind of parameter becomes is written there."""
    suffix, module = name.rsplit(".", 2)[-1], name.rsplit(".", 2)[-2]
    if module.startswith("upscore") and suffix == "weight":
        return bilinear_weights(shape[0], shape[2])
    if suffix == "running_var":
        offset, scale = 1, 0.5
    elif suffix in ("bias", "running_mean"):
        offset, scale = 0, 0.1
    elif len(shape) == 1:
        offset, scale = 1, 0.25
    else:
        offset, scale = 0, np.sqrt(6 / float(np.prod(shape[1:])))
    u = uniform(seed_from_name(name, seed), int(np.prod(shape)))
    return (np.float32(offset) + np.float32(scale) * u).reshape(shape)


def random_state_dict(module, seed: int) -> dict:
    """A state dict for a torch module, every floating-point entry by its name."""
    import torch

    return {name: torch.from_numpy(random_parameter(name, tuple(value.shape), seed)) if value.is_floating_point() else value
            for name, value in module.state_dict().items()}


def random_image(seed: int, amplitude: float, height: int, width: int, channels: int = 3) -> np.ndarray:
    """RandomImage of initialise.h: height × width × channels float32."""
    y, x, c = np.meshgrid(np.arange(height, dtype=np.uint64), np.arange(width, dtype=np.uint64),
                          np.arange(channels, dtype=np.uint64), indexing="ij")
    eight, row = np.uint64(8), np.uint64(65536)
    blocks = uniform_at(seed_from_name("image.blocks", seed), (y // eight * row + x // eight) * np.uint64(channels) + c)
    pixels = uniform(seed_from_name("image.pixels", seed), height * width * channels).reshape(height, width, channels)
    return np.float32(amplitude) * (np.float32(0.75) * blocks + np.float32(0.25) * pixels)
