"""Hostile .pth files: pickles and the zips around them."""
import io
import struct
import warnings
import zipfile

from . import mutate

END = b'.'
warnings.filterwarnings('ignore', 'Duplicate name')  # that is meant


def deep(rng):
    depth = rng.choice([1000, 100000, 1000000])
    return b'\x80\x02' + rng.choice([
        b'N' + b'\x85' * depth, b'(' * depth, b']' * depth + b'a' *
        (depth - 1), b'}' * 50 + b'N' * depth, b'(' * depth + b't' * depth
    ]) + END


def laughs(rng):
    """Lists of lists of lists, each twice."""
    out = b'\x80\x02]q\0'
    for i in range(1, rng.choice([20, 200])):
        out += b']q' + bytes([i]) + b'h' + bytes([i - 1]) + b'ah' + bytes([i - 1]) + b'a'
    return out + END


def calls(rng):
    target = rng.choice([
        b'os\nsystem\n', b'builtins\nexec\n', b'builtins\neval\n', b'torch._utils\n_rebuild_tensor_v2\n',
        b'posix\nsystem\n', b'collections\nOrderedDict\n', b'a' * 100000 + b'\nb\n', b'\x1b[31m\n\x07\n'
    ])
    argument = b'X' + struct.pack('<I', 14) + b'touch /tmp/own'
    return b'\x80\x02c' + target + rng.choice(
        [argument + b'\x85R', b'(' + argument + b'tR', b')\x81' + argument + b'b', b'(' + argument + b'o']) + END


def lengths(rng):
    size = rng.choice(mutate.NUMBERS)
    return b'\x80\x04' + rng.choice([
        b'X' + struct.pack('<I', size % 2**32), b'\x8d' + struct.pack('<Q', size),
        b'\x8b' + struct.pack('<I', size % 2**32), b'T' + struct.pack('<I', size % 2**32),
        b'\x95' + struct.pack('<Q', size), b'r' + struct.pack('<I', size % 2**32),
        b'j' + struct.pack('<I', size % 2**32), b'\x8e' + struct.pack('<Q', size)
    ]) + b'abc' + END


def opcodes(rng):
    return b'\x80\x02' + bytes(
        rng.choice(b'()]}NKJMXUqhabetsud.0122\x85\x86\x87\x81\x88\x89R Qcio')
        for _ in range(rng.choice([10, 100, 5000]))) + END


def odd_pickle(rng):
    return rng.choice([deep, laughs, calls, lengths, opcodes])(rng)


def archive(rng, pickle):
    out = io.BytesIO()
    packed = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(out, 'w', packed) as file:
        file.writestr('archive/data.pkl', pickle)
        if rng.random() < 0.3:
            file.writestr('archive/data/0', bytes(rng.choice([0, 4, 2**24])))
        if rng.random() < 0.2:
            for i in range(rng.choice([1, 5000])):
                file.writestr(rng.choice(['archive/data/%d', '../../%d', '/etc/%d', 'archive/\x1b[31m%d']) % i, b'')
    data = bytearray(out.getvalue())
    if rng.random() < 0.3:  # another size in the list of entries
        at = data.rfind(b'PK\1\2')
        struct.pack_into('<I', data, at + rng.choice([20, 24, 42]), rng.choice(mutate.NUMBERS) % 2**32)
    return bytes(data)


def sources():
    return mutate.read_corpus('src/formats/testdata', 'fuzz/corpus/torch_zip', 'fuzz/corpus/torch_legacy')


def weights(rng, seeds):
    which = rng.randrange(10)
    if which < 3:
        return archive(rng, odd_pickle(rng))
    if which == 3:
        return archive(rng, bytes(rng.choice([2**20, 2**26])))  # a bomb
    if which < 6:  # torch's old form: a magic number, a version, a dict of sizes, then the weights
        head = b'\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}q\0.'
        return head + odd_pickle(rng) + rng.choice(
            [b'', b'\x80\x02].', b'\x80\x02](U\x010e.' + struct.pack('<q', rng.choice([-1, 2**62, 5]))])
    return mutate.anyhow(rng, rng.choice(seeds)[1]) if seeds else archive(rng, odd_pickle(rng))
