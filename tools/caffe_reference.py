"""Caffe's layers in NumPy, as plainly as possible and in double precision: maps are channels x rows x columns.

The rules are those of Caffe's own layers: windows are counted rounding down by convolutions and up by pools; a pool drops
a last window that would begin past the picture and its padding before; an average counts padding, up to the padding's
end."""

import math

import numpy as np


def windows(size, kernel, stride, pad, dilation=1):
    return (size + 2 * pad - (dilation * (kernel - 1) + 1)) // stride + 1


def convolution(x, weight, bias=None, stride=(1, 1), pad=(0, 0), dilation=(1, 1), group=1):
    outputs, inputs, kh, kw = weight.shape
    assert x.shape[0] == inputs * group
    rows = windows(x.shape[1], kh, stride[0], pad[0], dilation[0])
    columns = windows(x.shape[2], kw, stride[1], pad[1], dilation[1])
    padded = np.pad(x, ((0, 0), (pad[0], pad[0]), (pad[1], pad[1])))
    y = np.zeros((outputs, rows, columns))
    for o in range(outputs):
        first = o // (outputs // group) * inputs
        for i in range(kh):
            for j in range(kw):
                top, left = i * dilation[0], j * dilation[1]
                seen = padded[first:first + inputs, top:top + (rows - 1) * stride[0] + 1:stride[0],
                              left:left + (columns - 1) * stride[1] + 1:stride[1]]
                y[o] += np.einsum("c,chw->hw", weight[o, :, i, j], seen)
    return y if bias is None else y + bias[:, None, None]


def deconvolution(x, weight, bias=None, stride=(1, 1), pad=(0, 0), group=1):
    inputs, outputs, kh, kw = weight.shape
    y = np.zeros((outputs * group, (x.shape[1] - 1) * stride[0] + kh, (x.shape[2] - 1) * stride[1] + kw))
    for c in range(inputs):
        first = c // (inputs // group) * outputs
        for row in range(x.shape[1]):
            for column in range(x.shape[2]):
                top, left = row * stride[0], column * stride[1]
                y[first:first + outputs, top:top + kh, left:left + kw] += x[c, row, column] * weight[c]
    y = y[:, pad[0]:y.shape[1] - pad[0], pad[1]:y.shape[2] - pad[1]]
    return y if bias is None else y + bias[:, None, None]


def pool(x, kind, kernel, stride, pad=(0, 0), ceil=True):
    def count(size, axis):
        room = (size + 2 * pad[axis] - kernel[axis]) / stride[axis]
        n = (math.ceil(room) if ceil else math.floor(room)) + 1
        if pad[0] or pad[1]:
            if (n - 1) * stride[axis] >= size + pad[axis]:
                n -= 1
        return n

    channels, height, width = x.shape
    y = np.zeros((channels, count(height, 0), count(width, 1)))
    for row in range(y.shape[1]):
        for column in range(y.shape[2]):
            top, left = row * stride[0] - pad[0], column * stride[1] - pad[1]
            bottom, right = min(top + kernel[0], height + pad[0]), min(left + kernel[1], width + pad[1])
            counted = (bottom - top) * (right - left)
            seen = x[:, max(top, 0):min(bottom, height), max(left, 0):min(right, width)]
            y[:, row, column] = seen.max((1, 2)) if kind == "MAX" else seen.sum((1, 2)) / counted
    return y


def lrn(x, size, alpha, beta, k=1.0):
    squares = np.pad(x ** 2, ((size // 2, size // 2), (0, 0), (0, 0)))
    sums = sum(squares[i:i + x.shape[0]] for i in range(size))
    return x * (k + alpha / size * sums) ** -beta


def lrn_within(x, size, alpha, beta):
    """By the mean of the squares around each pixel; Caffe leaves k at 1 here."""
    means = pool(x ** 2, "AVE", (size, size), (1, 1), (size // 2, size // 2))
    return x * (1 + alpha * means) ** -beta


def batch_norm(x, mean, variance, factor, epsilon=1e-5):
    factor = 0 if factor == 0 else 1 / factor
    return (x - (mean * factor)[:, None, None]) / np.sqrt((variance * factor)[:, None, None] + epsilon)


def softmax(x):
    e = np.exp(x - x.max(0))
    return e / e.sum(0)


def inner_product(x, weight, bias=None):
    y = weight @ x.reshape(-1)
    return (y if bias is None else y + bias)[:, None, None]
