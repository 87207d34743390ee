"""Hostile model files and checkpoints: headers, graphs, shapes, metadata."""
import json
import struct

from . import mutate

SIZES = [-2**63, -1, 0, 1, 2, 3, 7, 64, 4096, 65536, 2**20, 2**30, 2**31 - 1, 2**31, 2**40, 2**62, 2**63 - 1, 2**64]
NAMES = [
    '\x1b[31mred', 'a\nb', '\x07bell', 'ab\u202egnp.exe', '\u0085', '', 'x' * 5000, '../../etc/passwd', '%s%n',
    '\ud800', 'a\0b', '"', 'ünïcode'
]
GRAPH = '''input image channels=3
parameter c.weight 4x3x3x3
c = Conv2d(image, c.weight) kernel=3x3 padding=1,1,1,1
r = Relu(c)
p = MaxPool(r) kernel=2x2 stride=2x2
parameter d.weight 4x4x3x3
d = Conv2d(p, d.weight) kernel=3x3 padding=1,1,1,1
u = Resize(d, c)
k = Concat(c, u)
parameter s.weight 2x8x1x1
s = Conv2d(k, s.weight)
output s
'''
SHAPES = {'c.weight': [4, 3, 3, 3], 'd.weight': [4, 4, 3, 3], 's.weight': [2, 8, 1, 1]}
OPERATIONS = [
    'Conv2d', 'Deconv2d', 'Linear', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'Relu', 'Relu6', 'BatchNorm', 'Add',
    'Scale', 'Concat', 'Crop', 'Resize', 'Softmax', 'Argmax', 'Dropout', 'SoftmaxLoss', 'Conv2dInputGradient', 'Slice',
    'Stretch'
]


def header_bytes(header):
    text = header if isinstance(header, bytes) else json.dumps(header).encode('utf-8', 'surrogatepass')
    return struct.pack('<Q', len(text)) + text


def metadata(**changes):
    values = {
        'fcn.format':
            '1',
        'fcn.name':
            'tiny',
        'fcn.graph':
            GRAPH,
        'fcn.classes':
            '["a","b"]',
        'fcn.palette':
            '[]',
        'fcn.preprocessing':
            '{"order": "rgb", "mean": [0, 0, 0], "deviation": [1, 1, 1], "shorter_side": 0, "crop": 0}',
        'fcn.golden':
            '[]'
    }
    values.update({'fcn.' + key: value for key, value in changes.items()})
    return values


def entries(shapes):
    out, at, values = {}, 0, []
    for name, shape in shapes.items():
        count = 1
        for side in shape:
            count *= side
        count = max(0, min(count, 2**16))
        out[name] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [at, at + 4 * count]}
        at += 4 * count
        values += [((i * 37) % 19 - 9) / 50 for i in range(count)]
    return out, struct.pack('<%df' % len(values), *values)


def tiny(graph=GRAPH, shapes=None, **changes):
    tensors, data = entries(shapes or SHAPES)
    return header_bytes({'__metadata__': metadata(graph=graph, **changes), **tensors}) + data


def odd_header(rng):
    which = rng.randrange(9)
    tensors, data = entries(SHAPES)
    meta = metadata()
    if which == 0:  # a length that cannot be
        length = rng.choice([0, 1, 8, 99_999_999, 100_000_000, 100_000_001, 2**32, 2**63, 2**64 - 1])
        return struct.pack('<Q', length) + rng.choice([b'', b'{}', b'{' * 5000])
    if which == 1:  # deep, or long
        return header_bytes(
            rng.choice([
                b'{"a":' * 200000, b'[' * 1000000, b'{"__metadata__":' + b'[' * 300000, b' ' * 3000000 + b'{}',
                b'{"a":"' + b'\\u0000' * 200000 + b'"}', b'{"a":1e' + b'9' * 300000 + b'}'
            ])) + data
    name = rng.choice(list(tensors))
    if which == 2:
        tensors[name]['data_offsets'] = [rng.choice(SIZES), rng.choice(SIZES)]
    if which == 3:  # two that overlap, or a gap
        tensors[name]['data_offsets'] = rng.choice([[0, 432], [8, 440], [0, len(data)], [len(data), 0], [4.5, 8],
                                                    ['0', '4'], [], [0], None])
    if which == 4:
        tensors[name]['shape'] = rng.choice([[rng.choice(SIZES) for _ in range(rng.choice([0, 1, 4, 65]))],
                                             [2**32, 2**32], [0, 2**62], 'x', None, [1.5]])
    if which == 5:
        tensors[name]['dtype'] = rng.choice(['F32 ', 'I64', 'BOOL', 'F8_E4M3', '', 5, None, 'F64', 'BF16'])
    if which == 6:
        meta = rng.choice([{
            'fcn.format': 1
        }, {
            'fcn.format': '1'
        }, [], None, 'x', {
            'a' * 100000: 'b'
        }, {
            str(i): '' for i in range(100000)
        },
                           dict(meta, more={})])
    if which == 7:  # many tensors
        tensors.update({'t%d' % i: {'dtype': 'F32', 'shape': [0], 'data_offsets': [0, 0]} for i in range(50000)})
    if which == 8:
        tensors[rng.choice(NAMES)] = tensors.pop(name)
    return header_bytes({'__metadata__': meta, **tensors}) + data


def chain(line, count, last):
    lines = ['input image channels=3', 'v0 = Relu(image)']
    lines += [line.format(i + 1, i) for i in range(count)]
    return '\n'.join(lines + ([last.format(count), 'output s', ''] if last else ['output v%d' % count, '']))


def odd_graph(rng):
    """(text, shapes of its parameters)"""
    which = rng.randrange(10)
    if which == 0:  # long
        return chain(rng.choice(['v{} = Relu(v{})', 'v{} = Dropout(v{})', 'v{0} = Add(v{1}, v{1})']),
                     rng.choice([100, 5000, 100000]), ''), {}
    if which == 1:  # channels that double, pixels that double
        return chain(rng.choice(['v{0} = Concat(v{1}, v{1})']), rng.choice([20, 31, 40, 64]), ''), {}
    if which == 2:
        side = rng.choice([2, 1000, 2**20])
        lines = ['input image channels=1', 'parameter w 1x1x%dx%d' % (side, side)]
        last = 'image'
        for i in range(rng.choice([1, 5, 40])):
            lines.append('u%d = Deconv2d(%s, w) kernel=%dx%d stride=%dx%d' % (i, last, side, side, side, side))
            last = 'u%d' % i
        return '\n'.join(lines + ['output ' + last, '']), {'w': [1, 1, side, side]}
    if which == 3:  # a heading that is none
        return rng.choice([
            '', '\n', 'output', 'output output', 'input',
            'input image channels=%d\noutput image\n' % rng.choice(SIZES),
            'input a channels=3\ninput b channels=3\noutput a\n', '\0' * 100,
            'input image channels=3\n' + 'output image\n' * 20000, 'input image channels=3\nx = Relu(x)\noutput x\n',
            'input image channels=3\nx = Relu(y)\ny = Relu(x)\noutput y\n', 'input ' + 'i' * 10**6 + ' channels=3\n',
            'input image channels=3\nparameter p ' + 'x'.join(['2'] * 5000) + '\noutput image\n'
        ]), {}
    lines = GRAPH.splitlines()
    shapes = dict(SHAPES)
    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.randrange(len(lines))
        line = lines[at]
        if which == 4:
            lines[at] = rng.choice(
                ['', line + line,
                 line.replace('(', '(('), line + ' ' + line.split(' ')[-1], line[:len(line) // 2]])
        elif which == 5 and '(' in line:
            operation = line.split(' = ')[1].split('(')[0]
            lines[at] = line.replace(operation, rng.choice(OPERATIONS))
        elif which == 6:
            lines[at] = ''.join(str(rng.choice(SIZES)) if c.isdigit() and rng.random() < 0.3 else c for c in line)
        elif which == 7:
            lines[at] = line + ' ' + rng.choice([
                'kernel', 'stride', 'dilation', 'padding', 'groups', 'factor', 'rate', 'epsilon', 'at', 'more', 'ceil',
                'first', 'count'
            ]) + '=' + rng.choice([
                '0', '-1', '1e999', 'nan',
                '%dx%d' % (rng.choice(SIZES), rng.choice(SIZES)), ','.join(str(rng.choice(SIZES)) for _ in range(4)), ''
            ])
        elif which == 8:
            names = ['image', 'c', 'r', 'p', 'd', 'u', 'k', 's', 'c.weight', 's.weight', 'nowhere']
            lines[at] = line.replace('(' + line.split('(')[1].split(')')[0] if '(' in line else '(',
                                     '(' + ', '.join(rng.choices(names, k=rng.choice([0, 1, 2, 5]))))
        else:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
    return '\n'.join(lines) + '\n', shapes


def odd_metadata(rng):
    big = json.dumps([{
        'seed': 1,
        'amplitude': 1,
        'height': 8,
        'width': 8,
        'positions': [0],
        'scores': [0],
        'tolerance': 1
    }] * rng.choice([1, 17, 10000]))
    golden = json.dumps([{
        'seed': rng.choice([-1, 0, 2**64]),
        'amplitude': rng.choice([1, 1e38, 'x']),
        'height': rng.choice([0, 8, 4096, 2**40]),
        'width': rng.choice([1, 8, 4096]),
        'positions': rng.choice([[0], [-1], [2**62], [], list(range(100000))]),
        'scores': rng.choice([[0], [1e300], list(range(100000))]),
        'tolerance': rng.choice([0, -1, 1e400])
    }])
    preprocessing = json.dumps({
        'order': rng.choice(['rgb', 'xyz', '']),
        'mean': rng.choice([[0] * 3, [1e39] * 3, [0], 'x']),
        'deviation': rng.choice([[1] * 3, [0] * 3, [1e-300] * 3, [-1] * 3]),
        'shorter_side': rng.choice([0, -1, 4096, 2**31]),
        'crop': rng.choice([0, 224, -1, 2**40])
    })
    key, value = rng.choice([
        ('golden', big), ('golden', golden), ('preprocessing', preprocessing),
        ('format', rng.choice(['2', '3', '', '-1', '1e9', '9' * 1000])), ('name', rng.choice(NAMES)),
        ('classes', json.dumps([rng.choice(NAMES), 'b'])),
        ('classes', rng.choice(['[]', '5', '["a"]', '["a","a"]', '[' * 100000, json.dumps(['x'] * 70000),
                                json.dumps(['y' * 10**6, 'b'])])),
        ('palette', rng.choice(['[[0,0,0]]', '[[0,0,256],[1,2,3]]', '[[0,0],[1]]', 'null',
                                json.dumps([[0, 0, 0]] * 70000)]))
    ])
    return tiny(**{key: value})


def odd_format_2(rng):
    """Names, a weight of int8 and a precision, of which something is odd."""
    image = {'name': 'image', 'order': 'rgb', 'range': [0, 255], 'mean': [0] * 3, 'deviation': [1] * 3,
             'shorter_side': 0, 'crop': 0}
    head = {'name': 'labels', 'classes': ['a', 'b'], 'palette': [], 'loss_weight': 1}
    scores = {'mean_iu': 0.5, 'float32_mean_iu': 0.5, 'interval': [0, 0], 'iu': [0, 1], 'float32_iu': [0, None]}
    change = {'changed_labels': 0, 'scores': scores}
    verified = {'precision': 'int8', 'passed': True, 'data': 'x', 'pictures': 1, 'tolerance': 0, 'heads': [change]}
    tensors, data = entries(SHAPES)
    scale = {'dtype': 'F32', 'shape': [4, 1, 1, 1]}
    if rng.random() < 0.6:
        odd = rng.choice([image, head, scores, change, verified])
        odd[rng.choice(list(odd) + ['more'])] = rng.choice(
            SIZES + NAMES + [None, {}, [], [[]], 'bands', 'bf16', 1e300, 0.5, [0] * 100000, [None] * 2, ['a'] * 65535])
    else:
        scale.update(
            rng.choice([{}, {'dtype': 'I32'}, {'dtype': 'I8', 'shape': [16]}, {'shape': [4]}, {'shape': [1, 4, 1, 1]},
                        {'shape': [2, 2, 1, 1]}, {'shape': [4] + [1] * 60}, {'shape': [0, 1, 1, 1]}]))
    inputs, heads = [[image] * rng.choice([1] * 9 + [0, 2, 5000]), [head] * rng.choice([1] * 9 + [0, 2, 5000])]
    meta = metadata(format='2', inputs=json.dumps(inputs), heads=json.dumps(heads), precisions=json.dumps([verified]))
    for key in ['classes', 'palette', 'preprocessing']:
        del meta['fcn.' + key]
    tensors['c.weight'].update(dtype='I8', data_offsets=[len(data), len(data) + 108])
    numbers = struct.pack('<4f', *rng.choices([0.1, 1e-40, 1e38, -1, float('nan'), 0.1, 0.1], k=4))
    scale['data_offsets'] = [len(data) + 108, len(data) + 124]
    first = 4 * 108  # what was c.weight's
    for entry in list(tensors.values()) + [scale]:
        entry['data_offsets'] = [at - first for at in entry['data_offsets']]
    return header_bytes({'__metadata__': meta, **tensors, 'c.weight_scale': scale}) + data[first:] + bytes(108) + numbers


def model(rng):
    which = rng.randrange(12)
    if which > 9:
        return odd_format_2(rng)
    if which < 3:
        return odd_header(rng)
    if which < 7:
        graph, shapes = odd_graph(rng)
        return tiny(graph, shapes or None)
    if which < 9:
        return odd_metadata(rng)
    data = bytearray(mutate.anyhow(rng, tiny()))
    if rng.random() < 0.7:
        return bytes(data)
    return tiny()[:-112] + struct.pack('<f', rng.choice([float('nan'), float('inf'), 3e38])) * 28


def checkpoint(rng, header, data_bytes):
    """A checkpoint with another header. Its data are zeros, which take no space: (head, bytes in all). Most have no
    checksum, as nothing else of the file is looked at where that is wrong."""
    header = json.loads(json.dumps(header))
    meta = header['__metadata__']
    if rng.random() < 0.95:
        del meta['fcn.checksum']
    key = rng.choice([k for k in meta if k not in ('fcn.checkpoint', )])
    numbers = [
        '-1', '', '0', '1e999', 'nan', 'inf', '99999999999999999999', '9223372036854775807', '1.5', '0x1p5000',
        '5 apples', '\x1b[31m'
    ]
    if key == 'fcn.progress':
        progress = json.loads(meta[key])
        progress[rng.choice(list(progress))] = rng.choice([-1, 2**63, 1e300, 'x', None, [], 5, 0.5])
        meta[key] = json.dumps(progress)
    elif key == 'fcn.history':
        meta[key] = rng.choice([
            '{', '{"mode":"train"}\n', '[' * 100000 + '\n', 'x' * 10**6,
            '{"mode":"train","iteration":0,"epoch":-5,"loss":1,"lr":1}\n', meta[key] * 1000,
            '{"mode":"val","iteration":1,"pixel_accuracy":7,"mean_accuracy":1,"mean_iu":1,"fw_iu":1,"class_iu":[1]}\n'
        ])
    elif key == 'fcn.config':
        meta[key] = rng.choice([
            '', 'a' + '.a' * 20000 + ' = 1', meta[key].replace('= 8', '= -8'), meta[key].replace('"', ''),
            meta[key][:200], meta[key] + 'seed = 1\n'
        ])
    else:
        meta[key] = rng.choice(numbers + NAMES + ['["a"]', '[' * 50000])
    if rng.random() < 0.2:
        name = rng.choice([n for n in header if n != '__metadata__'])
        header[rng.choice(NAMES)] = header.pop(name)
    return header_bytes(header), data_bytes
