"""Writes Caffe's binary files: NetParameter with layers' names, types and blobs, by hand, so that nothing need be
installed."""

import numpy as np


def _varint(value):
    out = bytearray()
    while True:
        out.append((value & 0x7F) | (0x80 if value > 0x7F else 0))
        value >>= 7
        if not value:
            return bytes(out)


def _bytes(field, data):
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def blob(array):
    array = np.asarray(array, dtype="<f4")
    shape = _bytes(1, b"".join(_varint(d) for d in array.shape))
    return _bytes(7, shape) + _bytes(5, array.tobytes())


def caffemodel(layers, name="net"):
    """`layers`: (name, type, blobs) each."""
    parts = [_bytes(1, name.encode())]
    for layer, kind, blobs in layers:
        body = _bytes(1, layer.encode()) + _bytes(2, kind.encode()) + b"".join(_bytes(7, blob(b)) for b in blobs)
        parts.append(_bytes(100, body))
    return b"".join(parts)


def mean_picture(array):
    """A mean_file: channels x rows x columns."""
    c, h, w = np.shape(array)
    head = b"".join(_varint(f << 3) + _varint(v) for f, v in ((1, 1), (2, c), (3, h), (4, w)))
    return head + _bytes(5, np.asarray(array, dtype="<f4").tobytes())
