"""Hostile configurations, class files and list files."""
WORDS = [
    b'\x1b[31mred\x1b[0m', b'\x07', b'\0', b'\xff\xfe', b'\xc3', b'\xe2\x80\xae', b'\xc2\x85', b'a' * 10**6, b'\r',
    b'\r\n', b'\t', b'"', b"'", b'#', b'%n', b'', b'road 0 0 0', b'road 300 0 0', b'0: road',
    b'99999999999999999999: x', b'-1: x', b'ignore', b'a,b,c,d,e', b'#800000', b'\xf0\x9f\x92\xa9', b'1e999', b'../x'
]


def classes(rng):
    which = rng.randrange(5)
    if which == 0:
        return b'\n'.join(b'c%d' % i for i in range(rng.choice([0, 1, 255, 65534, 65535, 70000])))
    if which == 1:
        return b'x' * rng.choice([1000, 1001, 4001, 10**6])
    if which == 2:
        return rng.choice([
            'a\nb\n'.encode('utf-16'), b'\xef\xbb\xbfa\nb', b'a\nb\n' + bytes(1000),
            rng.randbytes(2000), b'\n' * 10**6, b'a\n' * 2
        ])
    return b'\n'.join(rng.choices(WORDS, k=rng.choice([1, 2, 5, 30])))


def lists(rng):
    names = [
        b'images/p.png', b'masks/p.png', b'images/p.png masks/p.png', b'/dev/zero /dev/zero',
        b'/etc/passwd\t/etc/passwd', b'. .', b'fifo fifo', b'images masks'
    ] + WORDS
    if rng.random() < 0.2:
        return rng.choice([b'a b\n' * 100000, b'x ' * 500000, b'images/p.png masks/p.png\n' * 3000, b'"' * 10**5])
    return b'\n'.join(b' '.join(rng.choices(names, k=rng.choice([1, 2, 2, 3]))) for _ in range(rng.choice([1, 3, 20])))


def config(rng, keys):
    which = rng.randrange(8)
    dots = '.a' * rng.choice([5, 200, 3000, 8000, 100000])
    if which == 0:
        return rng.choice(['a{} = 1', '[a{}]', '[[a{}]]', 'x = {{a{} = 1}}', 'x = [{{a{} = 1}}]',
                           'a."="{} = 1']).format(dots).encode()
    if which == 1:
        depth = rng.choice([100, 300, 100000])
        return rng.choice([
            'x = ' + '[' * depth, 'x = ' + '{a=' * depth, 'x = ' + '[' * depth + ']' * depth,
            '\n'.join('[{a' + '.b' * 60 + ' = [' for _ in range(200))
        ]).encode()
    if which == 2:
        return rng.choice([
            b'"""', b'x = "' + b'\\u' * 1000, b'x = """' + b'a' * 900000,
            bytes(1000),
            rng.randbytes(3000), b'x = 1\n' * 50000, b'# ' + b'\x1b' * 50, b'a' * 2**21, b'x = 9999-99-99',
            b'\xef\xbb\xbflr = 1'
        ])
    values = [
        '-1', '0', '1e999', 'nan', 'inf', '-inf', '9223372036854775807', '9223372036854775808', '-9223372036854775808',
        '0.1', '""', '"x"', 'true', '[]', '[1,2,3]', '[[1]]', '{}', '{a=1}', '1979-05-27', '"\\u001b[31m"',
        '"' + 'a' * 100000 + '"', '[' + '1,' * 70000 + ']', '0x7fffffff', '1_000', '"../../x"', '"640x480"', '"0x0"',
        '"-1x-1"', '[-1,-1]', '["a","a"]', '"255:ignore"', '"#zzzzzz"'
    ]
    lines = ['%s = %s' % (rng.choice(keys), rng.choice(values)) for _ in range(rng.choice([1, 1, 3]))]
    return '\n'.join(lines).encode()
