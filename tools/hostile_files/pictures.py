"""Hostile pictures and labels: bombs, odd headers, loops; and every seed changed at random."""
import struct
import zlib

from . import mutate

SIZES = [0, 1, 3, 7001, 30000, 65535, 2**24, 2**31 - 1, 2**31, 2**32 - 1]


def chunk(name, data, crc=None, length=None):
    return (struct.pack('>I',
                        len(data) if length is None else length) + name + data +
            struct.pack('>I',
                        zlib.crc32(name + data) if crc is None else crc))


def png(width, height, depth=8, colour=0, rows=None, before=b'', interlace=0, idat=None):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 1)
    if idat is None:
        row = b'\0' * (1 + (min(width, 2**20) * depth * channels + 7) // 8)
        idat = zlib.compress(row * min(height if rows is None else rows, 2**26 // len(row) + 1), 9)
    header = struct.pack('>IIBBBBB', width, height, depth, colour, 0, 0, interlace)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + before + chunk(b'IDAT', idat) + chunk(b'IEND', b'')


def zeros(size):
    """A zlib stream of so many zeros, made piece by piece."""
    packer, out, piece = zlib.compressobj(9), [], b'\0' * 2**20
    for _ in range(size // len(piece)):
        out.append(packer.compress(piece))
    return b''.join(out) + packer.compress(b'\0' * (size % len(piece))) + packer.flush()


def odd_png(rng):
    palette = chunk(b'PLTE', bytes(range(256)) * 3)
    which = rng.randrange(14)
    if which == 0:  # claims far more than there is
        return png(rng.choice(SIZES), rng.choice(SIZES), rng.choice([1, 8, 16]), rng.choice([0, 2, 3, 6]),
                   idat=b'x\x9c')
    if which == 1:  # an honest bomb
        side = rng.choice([9000, 20000, 30000])
        return png(side, side, rng.choice([1, 8]), idat=zeros(side * rng.choice([side // 8, side]) // 2),
                   before=palette)
    if which == 2:  # a bomb beside the pixels
        kind = rng.choice([b'zTXt', b'iCCP'])
        return png(4, 4, before=chunk(kind, b'a\0\0' + zeros(rng.choice([2**24, 2**28]))))
    if which == 3:
        return png(4, 4, before=chunk(b'tEXt', b'a\0b') * rng.choice([1000, 50000]))
    if which == 4:  # palettes of no or too many colours
        return png(4, 4, rng.choice([1, 2, 4, 8]), 3, before=chunk(b'PLTE',
                                                                   b'\1' * rng.choice([0, 1, 3, 769, 771, 3000])))
    if which == 5:
        return png(4, 4, 8, 3, before=palette + chunk(b'tRNS', b'\0' * rng.choice([0, 257, 70000])))
    if which == 6:
        return png(rng.choice([1, 7, 5000]), rng.choice([1, 7, 5000]), rng.choice([1, 8, 16]), rng.choice([0, 2, 6]),
                   interlace=rng.choice([1, 1, 2, 255]))
    if which == 7:
        return png(4, 4, rng.choice([0, 3, 5, 8, 16, 32, 255]), rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 255]))
    if which == 8:
        return png(64, 64, rows=rng.choice([0, 1, 63, 65, 1000]))
    if which == 9:
        return png(64, 64, before=chunk(b'IDAT', b'') * rng.choice([1, 20000]))
    if which == 10:
        return png(64, 64, before=chunk(rng.choice([b'abcd', b'ABCD', b'acTL', b'fcTL', b'eXIf']), rng.randbytes(26)))
    if which == 11:
        return png(64, 64).replace(b'IDAT', rng.choice([b'IDAX', b'idat', b'\0\0\0\0']))
    if which == 12:  # a chunk whose length is more than the file
        return png(64, 64, before=chunk(b'tEXt', b'a', length=rng.choice([2**31 - 1, 2**31, 2**32 - 1])))
    return png(64, 64, before=chunk(b'gAMA', b'\0\0\0\1', crc=5))


def tiff(entries, data=b'', order='<', following=0, big=False):
    """One directory behind the header; `entries` are (tag, type, count, value)."""
    if big:
        head = struct.pack(order + '2sHHHQ', b'II' if order == '<' else b'MM', 43, 8, 0, 16)
        body = struct.pack(order + 'Q', len(entries))
        for tag, kind, count, value in entries:
            body += struct.pack(order + 'HHQQ', tag, kind, count % 2**64, value % 2**64)
        return head + body + struct.pack(order + 'Q', following) + data
    head = struct.pack(order + '2sHI', b'II' if order == '<' else b'MM', 42, 8)
    body = struct.pack(order + 'H', len(entries) % 65536)
    for tag, kind, count, value in entries:
        body += struct.pack(order + 'HHI', tag, kind, count % 2**32) + struct.pack(order + 'I', value % 2**32)
    return head + body + struct.pack(order + 'I', following % 2**32) + data


def odd_tiff(rng):
    width, height = rng.choice([(8, 8), (30000, 30000), (65535, 65535), (2**31, 2), (0, 0), (5000, 5000)])
    compression = rng.choice([1, 2, 3, 4, 5, 7, 8, 32773, 34925, 50000, 50001, 6, 99])
    entries = {
        256: (256, 4, 1, width),
        257: (257, 4, 1, height),
        258: (258, 3, 1, rng.choice([1, 1, 8, 8, 16, 0, 65535])),
        259: (259, 3, 1, compression),
        262: (262, 3, 1, rng.choice([0, 1, 2, 3, 5, 6, 8, 32803, 65535])),
        273: (273, 4, 1, 8),
        277: (277, 3, 1, rng.choice([1, 1, 3, 4, 0, 65535])),
        278: (278, 4, 1, rng.choice([1, 8, height, 2**32 - 1])),
        279: (279, 4, 1, rng.choice([64, 16000, 2**31]))
    }
    which = rng.randrange(10)
    big = rng.random() < 0.2
    if which == 0:  # a directory that follows itself
        return tiff(list(entries.values()), b'\0' * 200, following=8)
    if which == 1:  # two that follow each other
        first = tiff([entries[256]], b'', following=26 + 8)
        return first + b'\0' * (34 - len(first)) + struct.pack('<HHHIII', 1, 256, 4, 1, 4, 8)
    if which == 2:  # directories below that are the same
        entries[330] = (330, 4, rng.choice([1, 1000, 2**31]), 8)
    if which == 3:  # thousands of strips that are one
        strips = 16000
        at = 8 + 2 + 12 * 10 + 4
        entries[258], entries[262], entries[277] = (258, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1)
        entries[259] = (259, 3, 1, 8)
        entries[256], entries[257] = (256, 4, 1, 3000), (257, 4, 1, strips)
        entries[273], entries[279] = (273, 4, strips, at), (279, 4, strips, at + 4 * strips)
        packed = zlib.compress(b'\0' * 3000)
        entries[278] = (278, 4, 1, 1)
        data = struct.pack('<I', at + 8 * strips) * strips + struct.pack('<I', len(packed)) * strips + packed
        return tiff(sorted(entries.values()), b'\0' * 12 + data)
    if which == 4:  # tiles larger than the picture
        for tag in (273, 278, 279):
            entries.pop(tag)
        side = rng.choice([16, 4096, 65536, 2**31])
        entries.update({322: (322, 4, 1, side), 323: (323, 4, 1, side), 324: (324, 4, 1, 8), 325: (325, 4, 1, 4000)})
    if which == 5:
        tag = rng.choice(list(entries))
        entries[tag] = (tag, rng.choice([0, 1, 2, 3, 4, 5, 7, 12, 13, 16,
                                         99]), rng.choice(mutate.NUMBERS), rng.choice(mutate.NUMBERS))
    if which == 6:
        return tiff([(t, 4, 1, 7) for t in range(60000)], b'\0' * 100)
    if which == 7:  # a chain of pages without pixels
        pages, out = 20000, b'II*\0' + struct.pack('<I', 8)
        for i in range(pages):
            out += struct.pack('<HHHIII', 1, 256, 4, 1, 4, 8 + 18 * (i + 1) if i + 1 < pages else 0)
        return out
    if which == 8:  # a blank fax
        entries.update({
            256: (256, 4, 1, 30000),
            257: (257, 4, 1, 30000),
            258: (258, 3, 1, 1),
            259: (259, 3, 1, 4),
            262: (262, 3, 1, 0),
            277: (277, 3, 1, 1),
            278: (278, 4, 1, 30000),
            279: (279, 4, 1, 16000)
        })
        return tiff(sorted(entries.values()), b'\xff' * 16000)
    return tiff(sorted(entries.values()), bytes(rng.choice([0, 100, 20000])), rng.choice('<>'), big=big)


def odd_gif(rng):
    side = rng.choice([0, 1, 7, 5000, 65535])
    head = b'GIF89a' + struct.pack('<HHBBB', side, rng.choice([0, 1, 7, 65535]), rng.choice([0xf7, 0x80, 0, 0x87]), 0,
                                   0)
    palette = bytes(768) if head[10] & 0x80 else b''
    frame = b',' + struct.pack('<HHHHB', rng.choice([0, 5, 65535]), 0, rng.choice([0, 1, 7, 65535]),
                               rng.choice([1, 7, 65535]), rng.choice([0, 0x40, 0x87])) + bytes(
                                   [rng.choice([0, 2, 8, 12, 255])])
    pixels = b'\xff' * 0
    for _ in range(rng.choice([0, 1, 4, 400])):
        pixels += b'\xff' + rng.choice([bytes(255), rng.randbytes(255)])
    extension = b'!' + bytes([rng.choice([0xf9, 0xff, 0xfe, 0])]) + (b'\xff' + bytes(255)) * rng.choice([0, 1, 3000])
    parts = [palette, extension + b'\0', frame + pixels + b'\0']
    if rng.random() < 0.3:
        parts.append((frame + b'\0') * rng.choice([2, 20000]))
    return head + b''.join(parts) + rng.choice([b'', b';'])


def odd_webp(rng):

    def riff(*chunks):
        body = b'WEBP' + b''.join(n + struct.pack('<I', len(d)) + d + b'\0' * (len(d) % 2) for n, d in chunks)
        return b'RIFF' + struct.pack('<I', rng.choice([len(body), len(body), 0, 2**32 - 1])) + body

    side = rng.choice([1, 5000, 16384, 2**24])
    canvas = struct.pack('<I', rng.choice([0, 2, 0x10, 0xff])) + (side - 1).to_bytes(3, 'little') * 2
    bits = (min(side, 16384) - 1) | (min(side, 16384) - 1) << 14
    lossless = b'\x2f' + struct.pack('<I', bits) + rng.choice(
        [bytes(40), rng.randbytes(400), b'\x88\x88\x08' + bytes(20)])
    lossy = b'\x30\1\0\x9d\1\x2a' + struct.pack('<HH', min(side, 16383), min(side, 16383)) + rng.randbytes(300)
    pixels = rng.choice([(b'VP8L', lossless), (b'VP8 ', lossy)])
    frame = (b'ANMF', bytes(6) + (side - 1).to_bytes(3, 'little') * 2 + bytes(4) + pixels[0] +
             struct.pack('<I', len(pixels[1])) + pixels[1])
    return rng.choice([
        riff(pixels),
        riff((b'VP8X', canvas), pixels),
        riff((b'VP8X', canvas), (b'ANIM', bytes(6)), frame, frame),
        riff((b'VP8X', canvas), *[(b'EXIF', bytes(2))] * 20000),
        riff(*[frame] * 500)
    ])


def odd_bmp(rng):
    width, height = rng.choice([(8, 8), (30000, 30000), (2**31 - 1, 1), (-5, 5), (5, -2**31), (0, 1), (60000, -60000)])
    bits, compression = rng.choice([0, 1, 4, 8, 16, 24, 32, 65535]), rng.choice([0, 0, 1, 2, 3, 4, 6, 99])
    size = rng.choice([40, 40, 12, 16, 64, 108, 124, 0, 5000, 2**31])
    info = struct.pack('<IiiHHIIiiII', size, width, height, 1, bits, compression, 0, 0, 0,
                       rng.choice([0, 1, 256, 2**31]), 0)
    runs = rng.choice(
        [b'\xff\0' * 5000, b'\0\2\xff\xff' * 3000,
         bytes(2000), b'\0\xff' + bytes(3000),
         rng.randbytes(3000)])
    return b'BM' + struct.pack('<IHHI', 0, 0, 0, rng.choice([54, 1078, 0, 2**31, 2**32 - 1
                                                             ])) + info + bytes(1024) + runs


def odd_jpeg(rng, seed):

    def segment(marker, data):
        return b'\xff' + bytes([marker]) + struct.pack('>H', len(data) + 2) + data

    which = rng.randrange(6)
    at = max(seed.find(b'\xff\xc0'), seed.find(b'\xff\xc2'))
    out = bytearray(seed)
    if which == 0 and at > 0:
        out[at + 5:at + 9] = struct.pack('>HH', rng.choice([0, 1, 30000, 65535]), rng.choice([1, 30000, 65535]))
    elif which == 1 and at > 0:
        out[at + rng.choice([4, 9, 11, 12, 14, 15])] = rng.choice([0, 1, 2, 5, 12, 0x11, 0x44, 0xf1, 255])
    elif which == 2:
        out[2:2] = segment(rng.choice([0xe1, 0xe2, 0xfe, 0xee]),
                           rng.choice([b'Exif\0\0MM\0*' + bytes(40), rng.randbytes(65000)])) * rng.choice([1, 300])
    elif which == 3:
        scan = seed.find(b'\xff\xda')
        out = bytearray(seed[:-2] + seed[scan:-2] * rng.choice([50, 2000]) + seed[-2:])
    elif which == 4:
        out[2:2] = segment(0xc4, bytes([rng.choice([0, 0x10, 3])]) + b'\xff' * 16 + bytes(255)) + segment(0xdd, b'\0\1')
    else:
        scan = seed.find(b'\xff\xda')
        out = bytearray(seed[:scan + 14] + rng.choice([b'', b'\xff' * 70000, bytes(70000), b'\xff\xd0' * 30000]))
    return bytes(out)


def box(name, data, size=None):
    return struct.pack('>I', len(data) + 8 if size is None else size) + name + data


def odd_heif(rng, seed):
    which = rng.randrange(4)
    brand = box(b'ftyp', rng.choice([b'heic', b'avif', b'mif1', b'avis']) + bytes(4) + b'mif1heic')
    if which == 0:
        nested = b''
        for _ in range(rng.choice([50, 3000])):
            nested = box(rng.choice([b'meta', b'iprp', b'ipco']), (bytes(4) if rng.random() < 0.5 else b'') + nested)
        return brand + nested
    if which == 1:
        return brand + box(b'meta', bytes(500), rng.choice([0, 1, 7, 2**31, 2**32 - 1]))
    at = seed.find(rng.choice([b'ispe', b'iloc', b'ipma', b'pixi', b'irot', b'clap', b'grid']))
    if at < 0:
        return seed
    return seed[:at + 8] + rng.choice([b'\xff' * 16, bytes(16),
                                       struct.pack('>IIII', *[2**31 - 1] * 4)]) + seed[at + 24:]


def sources():
    return mutate.read_corpus(*('fuzz/corpus/image_' + kind
                                for kind in ('bmp', 'gif', 'heif', 'jpeg', 'png', 'tiff', 'webp')))


def picture(rng, seeds):
    """(ending, bytes)"""
    if rng.random() < 0.4 or not seeds:
        makers = {'.png': odd_png, '.tif': odd_tiff, '.gif': odd_gif, '.webp': odd_webp, '.bmp': odd_bmp}
        ending = rng.choice(list(makers))
        data = makers[ending](rng)
    else:
        name, data = rng.choice(seeds)
        ending = name[name.rfind('.'):]
        if ending == '.jpg' and rng.random() < 0.4:
            return ending, odd_jpeg(rng, data)
        if ending in ('.heic', '.avif') and rng.random() < 0.4:
            return ending, odd_heif(rng, data)
        data = mutate.anyhow(rng, data)
    return ending, data


def labels(rng, seeds):
    if rng.random() < 0.5 or not seeds:
        return odd_png(rng)
    return mutate.anyhow(rng, rng.choice(seeds)[1])
