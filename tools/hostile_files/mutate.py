"""Changes to whole files that no format in particular asks for."""
import os
import struct

NUMBERS = [
    0, 1, 2, 255, 256, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1
]


def cut(rng, data):
    """Ends early: anywhere, but more often near either end."""
    at = rng.choice(
        [rng.randrange(len(data) + 1),
         rng.randrange(min(64, len(data)) + 1),
         max(0,
             len(data) - rng.randrange(1, 17))])
    return data[:at]


def flip(rng, data):
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8, 64])):
        out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def number(rng, data):
    """A number of 2, 4 or 8 bytes at any place becomes an odd one."""
    out = bytearray(data)
    for _ in range(rng.choice([1, 2, 4])):
        size = rng.choice([2, 4, 8])
        at = rng.randrange(max(1, min(len(out), 256) if rng.random() < 0.5 else len(out)))
        packed = struct.pack(rng.choice('<>') + {2: 'H', 4: 'I', 8: 'Q'}[size], rng.choice(NUMBERS) % 2**(8 * size))
        out[at:at + size] = packed
    return bytes(out)


def move(rng, data):
    """A part is left out, repeated, or filled with one byte."""
    first = rng.randrange(len(data))
    last = min(len(data), first + rng.choice([1, 4, 16, 256, 4096]))
    part = rng.choice(
        [b'', data[first:last] * 2, data[first:last] * 50,
         bytes([rng.choice([0, 255])]) * (last - first)])
    return data[:first] + part + data[last:]


def extend(rng, data):
    return data + rng.choice([b'\0' * 4096, data, os.urandom(0) + rng.randbytes(512), b'\xff' * 70000])


def anyhow(rng, data):
    if not data:
        return data
    for _ in range(rng.choice([1, 1, 1, 2])):
        data = rng.choice([cut, flip, flip, number, number, move, extend])(rng, data) or b'\0'
    return data


def read_corpus(*folders):
    """The seeds that the fuzz targets and the tests of formats have: [(name, bytes)]."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
    seeds = []
    for folder in folders:
        folder = os.path.join(root, folder)
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, 'rb') as file:
                    seeds.append((name, file.read()))
    return seeds
