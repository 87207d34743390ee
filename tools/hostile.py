#!/usr/bin/env python3
"""Gives hostile files, folders and flags to every verb of fcn, and says what it did wrong.

    tools/hostile.py build/bin/fcn [--count 2000] [--seed 1] [--only KIND] [--case N] [--keep FOLDER] [--memory 1000]

Each case is a function of (seed, kind, number) alone. A run may end with 0, 1 or 2, within ten seconds and --memory MB,
without control characters in what it prints, with valid JSON where that was asked for, with a message that names the
file and a remedy where it fails, and without leaving files behind. Every third run has a stack of 1 MB, and verbs that
run networks have --max-memory 300M: what a network takes for a large picture is not the file's fault. Exit code 1 where
any run did otherwise."""
import argparse
import concurrent.futures
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hostile_files import models, mutate, pickles, pictures, texts  # noqa: E402

SECONDS = 10
# What a verb prints that lists on standard output what it found.
REPORTS = ['errors: training would stop', '"findings"', '"uncounted"', 'are not counted', '"pictures"', 'failed\n']
# Runs a program and writes its status and its peak of memory into a descriptor. A process of its own, because Linux
# counts what a process had before exec, too: a program started from here would begin with the peak of this one.
MEASURE = '''import os, sys
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ), 0)
os.write(int(sys.argv[1]), b'%d %d' % (status, usage.ru_maxrss))'''
HOSTILE = 'hostile'  # what the names of hostile files begin with


class Case:
    """A folder with a hostile file in it, and the runs that get it."""

    def __init__(self, folder, base, rng, number):
        self.folder, self.base, self.rng, self.number = folder, base, rng, number
        self.runs = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data, size=None):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(data)
            if size:
                file.truncate(size)
        return path

    def run(self, *words, names=None):
        """`names`: what a message of failure must have in it."""
        self.runs.append((list(words), names))

    def data(self, replace=(), classes=b'a\nb\n'):
        """A data set of four good samples, in which (path, bytes) replace files."""
        folder = self.path('data')
        for name in 'pqrs':
            self.write('data/images/%s.png' % name, self.base.picture)
            self.write('data/masks/%s.png' % name, self.base.mask)
        self.write('data/classes.txt', classes)
        for name, content in replace:
            self.write(os.path.join('data', name), content)
        return folder


class Base:
    """What is good: a small model, a picture with its labels, a checkpoint."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        grey = b''.join(b'\0' + bytes((x * 7 + y * 5) % 256 for x in range(48)) for y in range(40))
        self.picture = pictures.png(48, 40, idat=zlib.compress(grey))
        rows = b''.join(b'\0' + bytes(int(x > 20) for x in range(48)) for y in range(40))
        self.mask = pictures.png(48, 40, idat=zlib.compress(rows))
        self.model = self.file('tiny.safetensors', models.tiny())
        self.photo = self.file('photo.png', self.picture)
        self.pictures, self.labels = pictures.sources(), mutate.read_corpus('fuzz/corpus/labels')
        self.pickles = pickles.sources()
        self.checkpoint = None
        shown = subprocess.run([program, 'train', '--help'], capture_output=True, text=True, check=True).stdout
        self.keys = [flag.replace('-', '_') for flag in re.findall(r'--([a-z][a-z0-9-]+)', shown)]

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as file:
            file.write(data)
        return path

    def make_checkpoint(self):
        """(header, bytes in all) of a run that was interrupted by its time."""
        case = Case(os.path.join(self.folder, 'run'), self, None, 0)
        self.data_folder = case.data()
        run = os.path.join(self.folder, 'run', 'out')
        command = [
            self.program, 'train', '--data', self.data_folder, '-o', run, *TRAIN, '--max-iters', '2', '--val-interval',
            '1'
        ]
        trained = subprocess.run(command, capture_output=True, text=True)
        if trained.returncode:
            sys.exit('a training of good files failed: ' + trained.stderr)
        with open(os.path.join(run, 'latest.checkpoint'), 'rb') as file:
            length = struct.unpack('<Q', file.read(8))[0]
            header = json.loads(file.read(length))
            self.checkpoint = header, os.path.getsize(file.name) - 8 - length
        shutil.rmtree(run)


TRAIN = [
    '--crop-size', '32x32', '-b', '1', '--optimiser', 'sgd', '--train-split', '[:3]', '--val-split', '[1:]',
    '--max-time', '0.05', '-j', '1'
]


def picture(case):
    ending, data = pictures.picture(case.rng, case.base.pictures)
    file = case.write(HOSTILE + ending, data)
    verb = case.number % 6
    case.run('segment', file, '--model', case.base.model, '-o', case.path('out'), names=HOSTILE)
    folder = case.data([('images/p.png', data)])
    if verb == 0:
        case.run('dataset', 'check', '--data', folder, names='p.png')
    elif verb == 1:
        case.run('eval', '--model', case.base.model, '--data', folder, names='p.png')
    elif verb == 2:
        case.run('report', '--photo', file, '--model', case.base.model, '-o', case.path('page.html'), names=HOSTILE)
    elif verb == 3:
        case.run('train', '--data', folder, '-o', case.path('run'), *TRAIN, '--max-iters', '1', names='p.png')
    elif verb == 4:
        case.run('dataset', 'stats', '--data', folder)
    else:
        case.run('segment', case.path('data/images'), file, '--model', case.base.model, '-o', case.path('out2'), '-j',
                 '2', names=None)


def label(case):
    data = pictures.labels(case.rng, case.base.labels)
    folder = case.data([('masks/p.png', data)])
    case.run('dataset', 'check', '--data', folder, names='p.png')
    verb = case.number % 5
    if verb == 0:
        case.run('eval', '--model', case.base.model, '--data', folder, names='p.png')
    elif verb == 4:
        case.run('report', case.base.model, '--data', folder, '-o', case.path('models.html'), names='p.png')
    elif verb == 1:
        case.run('eval', '--predictions', case.path('data/masks'), '--truth',
                 os.path.join(case.base.folder, 'run', 'data', 'masks'), '--classes', 'a,b', names='p.png')
    elif verb == 2:
        case.run('train', '--data', folder, '-o', case.path('run'), *TRAIN, '--max-iters', '1', names='p.png')
    else:
        case.run('dataset', 'stats', '--data', folder, *(['--upper-bound'] if case.number % 2 else []))


def model(case):
    file = case.write(HOSTILE + '.safetensors', models.model(case.rng))
    out = case.path('out.safetensors')
    runs = [('info', file, '--size', '64x64'), ('info', file, '--train', '--size', '64x64'), ('verify', file),
            ('info', file, '--graph'), ('segment', case.base.photo, '--model', file, '-o', case.path('out')),
            ('import', file, '--model', 'fcn8s-efficientnet-lite0', '-o', out),
            ('eval', '--model', file, '--data', case.data()),
            ('bench', '--model', file, '--size', '32x32', '--runs', '1', '--train'),
            ('bench', '--model', file, '--size', '32x32', '--runs', '1'),
            ('report', '--photo', case.base.photo, '--model', file, '-o', case.path('page.html')),
            ('report', file, '--data', case.data(), '-o', case.path('models.html'))]
    for i in range(3):
        case.run(*runs[(case.number * 3 + i) % len(runs)], names=HOSTILE)


def weights(case):
    file = case.write(HOSTILE + '.pth', pickles.weights(case.rng, case.base.pickles))
    case.run('import', file, '--model', 'fcn8s-efficientnet-lite0', '--classes', 'a,b', '-o',
             case.path('out.safetensors'), names=HOSTILE)
    if case.number % 3 == 0:
        case.run('train', '--data', case.data(), '--weights', file, '-o', case.path('run'), *TRAIN, '--max-iters', '1',
                 names=HOSTILE)
    elif case.number % 3 == 1:
        case.run('info', file, names=HOSTILE)


def checkpoint(case):
    head, size = models.checkpoint(case.rng, *case.base.checkpoint)
    os.makedirs(case.path('run'))
    file = case.write('run/' + HOSTILE + '.checkpoint', head, len(head) + size)
    case.run('train', '--resume', file, '--data', case.base.data_folder, '-j', '1', names=HOSTILE)
    if case.number % 2:
        case.run('import', file, '--model', 'fcn8s-efficientnet-lite0', '-o', case.path('out.safetensors'),
                 names=HOSTILE)


def config(case):
    file = case.write(HOSTILE + '.toml', texts.config(case.rng, case.base.keys))
    case.run('train', '--config', file, '--data', case.base.data_folder, '-o', case.path('run'), *TRAIN, '--max-iters',
             '1', '--epochs', '0', names=None)


def class_file(case):
    folder = case.data(classes=texts.classes(case.rng))
    case.run('dataset', case.rng.choice(['check', 'stats']), '--data', folder)
    if case.number % 3 == 0:
        case.run('train', '--data', folder, '-o', case.path('run'), *TRAIN, '--max-iters', '1')


def list_file(case):
    folder = case.data([('train.txt', texts.lists(case.rng))])
    os.mkfifo(os.path.join(folder, 'fifo'))
    case.run('dataset', 'check', '--data', folder, '--dataset', 'list', '--split', 'train')
    if case.number % 3 == 0:
        case.run('eval', '--model', case.base.model, '--data', folder, '--dataset', 'list', '--split', 'train')


def folder(case):
    data = case.data()
    for where in ('data/images', 'data/masks'):
        inside = case.path(where)
        for _ in range(case.rng.choice([1, 3])):
            name = case.rng.choice([
                b'x' * 251 + b'.png', b'\xff\xfe.png', b'a\nb.png', b'\x1b[31mred.png', b'\xe2\x80\xaegpj.png',
                b'-o.png', b' .png', b'q.PNG', b'.hidden.png', b'%n%s.png', b'"\'$(x).png', b'p.jpg', b'p.png'
            ])
            path = os.path.join(os.fsencode(inside), name)
            if os.path.lexists(path):
                os.unlink(path)
            kind = case.rng.randrange(9)
            if kind == 0:
                os.symlink(path, path)
            elif kind == 1:
                os.mkfifo(path)
            elif kind == 2:
                other = socket.socket(socket.AF_UNIX)
                here = os.getcwd()
                try:
                    other.bind(path if len(path) < 100 else os.fsencode(case.path('socket')))
                except OSError:
                    pass
                os.chdir(here)
                other.close()
            elif kind == 3:  # 4 GB of which nothing is stored
                with open(path, 'wb') as file:
                    file.write(case.rng.choice([b'', case.base.picture, b'BM', b'II*\0']))
                    file.truncate(case.rng.choice([3_900_000_000, 5_000_000_000]))
            elif kind == 4:
                os.mkdir(path)
                os.symlink('..', os.path.join(path, b'up'))
            elif kind == 5:
                os.symlink(case.rng.choice([b'/dev/zero', b'/proc/self/mem', b'/', b'nowhere', b'/dev/full']), path)
            elif kind == 6:
                open(path, 'wb').close()
            else:
                with open(path, 'wb') as file:
                    file.write(case.base.picture if b'images' in path else case.base.mask)
                if kind == 7:
                    os.chmod(path, 0)
    case.run('segment', os.path.join(data, 'images'), '--model', case.base.model, '-o', case.path('out'),
             *case.rng.choice([[], ['--recursive'], ['-j', '2']]))
    case.run('dataset', case.rng.choice(['check', 'stats']), '--data', data)
    if case.number % 4 == 0:
        case.run('train', '--data', data, '-o', case.path('run'), *TRAIN, '--max-iters', '1')


def sparse(case):
    """Large files of holes in every place that takes a file."""
    rng, size = case.rng, case.rng.choice([3_900_000_000, 5_000_000_000])
    head = rng.choice([
        b'', case.base.picture, case.base.mask, b'BM', b'II*\0\x08\0\0\0', b'GIF89a', b'PK\3\4', b'\x80\2',
        models.tiny(),
        struct.pack('<Q', 99_999_999) + b'{', b'lr = 1\n', b'a\nb\n', b'\xff\xd8\xff\xe0'
    ])
    file = case.write(HOSTILE + '.png', head, size)
    for name in ('images/p.png', 'masks/p.png'):
        os.makedirs(os.path.dirname(case.path('data/' + name)), exist_ok=True)
    place = case.number % 9
    if place in (0, 1):
        case.run('segment', file, '--model', case.base.model, '-o', case.path('out'), names=HOSTILE)
        case.run('report', '--photo', file, '--model', case.base.model, '-o', case.path('page.html'), names=HOSTILE)
    elif place in (2, 3):
        data = case.data([])
        where = os.path.join(data, rng.choice(['images', 'masks']), 'p.png')
        os.unlink(where)
        os.symlink(file, where)
        for verb in (('dataset', 'check'), ('dataset', 'stats'), ('eval', '--model', case.base.model)):
            case.run(*verb, '--data', data)
        case.run('train', '--data', data, '-o', case.path('run'), *TRAIN, '--max-iters', '1')
    elif place == 4:
        segment = ('segment', case.base.photo, '--model', file, '-o', case.path('out'))
        for words in (('info', file), ('verify', file), segment):
            case.run(*words, names=HOSTILE)
    elif place == 5:
        case.run('import', file, '--model', 'fcn8s-efficientnet-lite0', '-o', case.path('out.safetensors'),
                 names=HOSTILE)
        case.run('train', '--data', case.base.data_folder, '--weights', file, '-o', case.path('run'), *TRAIN,
                 '--max-iters', '1', names=HOSTILE)
    elif place == 6:
        case.run('train', '--config', file, names=HOSTILE)
        case.run('train', '--resume', file, names=HOSTILE)
    else:
        data = case.data()
        where = os.path.join(data, 'classes.txt' if place == 7 else 'train.txt')
        if os.path.exists(where):
            os.unlink(where)
        os.symlink(file, where)
        case.run('dataset', 'check', '--data', data, *(['--dataset', 'list', '--split', 'train'] if place == 8 else []))


VALUES = [
    '-1', '-5', '0', '1', '00', '+1', '1.5', '-0.5', 'nan', 'inf', '-inf', '1e999', '99999999999999999999',
    '9223372036854775807', '2147483648', '', ' ', 'x', '\x1b[31mred', '\x07', 'a' * 100000, '-1x-1', '0x0', '1x1',
    '99999999x99999999', '640X480', '1,2', ',', ',,,', '-1,-1', '1,1,1', '0.5,0.5', '#12345', '300,0,0', '255:1',
    '-1:-1', ':', '1:', 'true', 'maybe', '/dev/null', '.', '..', '/', '/nonexistent/x', '1G', '1K', '-1G', '1T', '1e18',
    '0x10', '%s%n', '\u202e', '--', '-'
]


def flags(case):
    """One flag of one verb with an odd value; all flags and values are met in turn."""
    good = {
        'segment': ['segment', case.base.photo, '--model', case.base.model, '-o',
                    case.path('out')],
        'train': [
            'train', '--data', case.base.data_folder, '-o',
            case.path('run'), '--max-iters', '1', '--crop-size', '32x32', '-b', '1', '--max-time', '0.03',
            '--train-split', '[:3]', '--val-split', ''
        ],
        'eval': ['eval', '--data', case.base.data_folder, '--model', case.base.model],
        'dataset check': ['dataset', 'check', '--data', case.base.data_folder],
        'dataset stats': ['dataset', 'stats', '--data', case.base.data_folder],
        'dataset generate': [
            'dataset', 'generate', '-o',
            case.path('scenes'), '--count', '1', '--val', '1', '--size', '64x48'
        ],
        'report': ['report', '--photo', case.base.photo, '--model', case.base.model, '-o',
                   case.path('page.html')],
        'import': [
            'import', case.base.model, '--model', 'fcn8s-efficientnet-lite0', '-o',
            case.path('out.safetensors')
        ],
        'info': ['info', case.base.model],
        'verify': ['verify', case.base.model],
        'bench': ['bench', '--model', case.base.model, '--size', '32x32', '--runs', '1']
    }
    for _ in range(3):
        verb = case.rng.choice(list(good))
        shown = case.base.help.get(verb)
        if shown is None:
            text = subprocess.run([case.base.program, *verb.split(), '--help'], capture_output=True, text=True).stdout
            shown = case.base.help[verb] = sorted(
                set(re.findall(r'^ +(?:-\w,)?(--[a-z][a-z-]+) [A-Z\[<{]', text, re.M)) - {'--help'})
        if not shown:
            continue
        flag = case.rng.choice(shown)
        words = list(good[verb])
        if flag in words:
            at = words.index(flag)
            del words[at:at + 2]
        if flag in ('--output', '--config', '--resume') and verb != 'dataset generate':
            continue
        if flag == '--profile':  # measures the machine, with a gigabyte
            continue
        case.run(*words, '%s=%s' % (flag, case.rng.choice(VALUES)))


KINDS = {
    'picture': (picture, 30),
    'label': (label, 14),
    'model': (model, 22),
    'weights': (weights, 10),
    'checkpoint': (checkpoint, 3),
    'config': (config, 6),
    'classes': (class_file, 4),
    'list': (list_file, 3),
    'folder': (folder, 3),
    'sparse': (sparse, 2),
    'flags': (flags, 8)
}

CONTROL = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]')


def check_text(name, data, found):
    try:
        text = data.decode()
    except UnicodeDecodeError:
        found.append('%s is no UTF-8' % name)
        return data.decode(errors='replace')
    bad = CONTROL.search(text)
    if bad:
        found.append('%s has the control character U+%04X' % (name, ord(bad.group())))
    return text


def check(status, seconds, megabytes, out, err, case, words, names, limit):
    """What was wrong with a run."""
    found = []
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        found.append('hung: killed after %d s' % SECONDS if seconds >= SECONDS else 'killed by ' + name)
    elif os.WEXITSTATUS(status) not in (0, 1, 2):
        found.append('exit code %d' % os.WEXITSTATUS(status))
    if megabytes > limit:
        found.append('memory %d MB' % megabytes)
    text, errors = check_text('stdout', out, found), check_text('stderr', err, found)
    both = text + errors
    if 'bug in fcn' in both or 'Sanitizer' in both or 'runtime error' in both:
        found.append('says it is a bug')
    if len(both) > 2**20:
        found.append('prints %d bytes' % len(both))
    if '--json' in words and not os.WIFSIGNALED(status):
        try:
            json.loads(text)
        except ValueError:
            found.append('JSON is not valid')
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status) != 0:
        reports = any(word in text for word in REPORTS)
        lines = errors.splitlines()
        at = [i for i, line in enumerate(lines) if line.startswith('fcn: ') and not line.startswith('fcn: note: ')]
        if not reports and not at:
            found.append('fails without a message')
        elif not reports and not any(line.startswith('  ') and line.strip() for line in lines[at[-1] + 1:]):
            found.append('no remedy')
        if names and os.WEXITSTATUS(status) == 1 and names not in both:
            found.append('the message does not name the file')
    for where, _, files in os.walk(case.folder):
        for file in files:
            if file.endswith('.part'):
                found.append('leaves %s' % file)
                os.unlink(os.path.join(where, file))
    return found


def execute(program, case, index, words, limit):
    """(status, seconds, MB, stdout, stderr, command)"""
    if words[0] in ('segment', 'report', 'eval', 'train', 'bench',
                    'verify') and not any(word.startswith('--max-memory') for word in words):
        words += ['--max-memory', '300M']
    if case.rng.random() < 0.4 and '--json' not in words:
        words.append('--json')
    command = [program, *words]
    if (case.number + index) % 3 == 0:
        command = ['sh', '-c', 'ulimit -s 1024; exec "$0" "$@"', *command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as measured:
        measure = [sys.executable, '-S', '-c', MEASURE, str(measured.fileno())]
        start = time.monotonic()
        process = subprocess.Popen([os.fsencode(word).replace(b'\0', b'') for word in measure + command],
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True,
                                   pass_fds=[measured.fileno()])
        timer = threading.Timer(SECONDS, lambda: os.killpg(process.pid, signal.SIGKILL))
        timer.start()
        process.wait()
        seconds = time.monotonic() - start
        timer.cancel()
        out.seek(0), err.seek(0), measured.seek(0)
        status, kilobytes = map(int,
                                measured.read().split() or (signal.SIGKILL, 0))  # nothing was written where it hung
        return status, seconds, kilobytes * 1024 / 1e6, out.read(), err.read(), command


def run_case(options, base, kind, number):
    rng = random.Random('%d %s %d' % (options.seed, kind, number))
    folder = tempfile.mkdtemp(prefix='%s-%d-' % (kind, number), dir=base.folder)
    case = Case(folder, base, rng, number)
    KINDS[kind][0](case)
    results = []
    for index, (words, names) in enumerate(case.runs):
        status, seconds, megabytes, out, err, command = execute(options.program, case, index, words, options.memory)
        found = check(status, seconds, megabytes, out, err, case, words, names, options.memory)
        results.append((seconds, megabytes, status, found, words, err[-400:].decode(errors='replace')))
    if options.keep and any(found for _, _, _, found, _, _ in results):
        kept = os.path.join(options.keep, '%s-%d' % (kind, number))
        shutil.rmtree(kept, ignore_errors=True)
        subprocess.run(['cp', '-a', '--sparse=always', folder, kept], check=False)
    subprocess.run(['chmod', '-R', 'u+rwX', folder], check=False, stderr=subprocess.DEVNULL)
    shutil.rmtree(folder, ignore_errors=True)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('program')
    parser.add_argument('--count', type=int, default=2000, help='hostile files in all')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--only', choices=list(KINDS))
    parser.add_argument('--case', type=int, help='this number alone, of --only')
    parser.add_argument('--keep', help='where the files of what went wrong are copied to')
    parser.add_argument('--memory', type=int, default=1000, help='MB that a run may take')
    parser.add_argument('--jobs', type=int, default=2, help='runs side by side')
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    kinds = {options.only: KINDS[options.only]} if options.only else KINDS
    shares = sum(share for _, share in kinds.values())
    cases = [(kind, i) for kind, (_, share) in kinds.items() for i in range(max(1, options.count * share // shares))]
    if options.case is not None:
        cases = [(options.only, options.case)]
    random.Random(options.seed).shuffle(cases)

    start, table, violations = time.monotonic(), {}, {}
    with tempfile.TemporaryDirectory(prefix='hostile-') as folder:
        base = Base(options.program, folder)
        base.help = {}
        base.make_checkpoint()
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            waiting = {pool.submit(run_case, options, base, kind, number): (kind, number) for kind, number in cases}
            for done in concurrent.futures.as_completed(waiting):
                kind, number = waiting[done]
                row = table.setdefault(kind, [0, 0, 0, 0.0, 0.0, 0])
                row[0] += 1
                for seconds, megabytes, status, found, words, err in done.result():
                    row[1] += 1
                    row[2] += status == 0
                    row[3], row[4] = max(row[3], seconds), max(row[4], megabytes)
                    row[5] += len(found)
                    for one in found:
                        violations.setdefault(re.sub(r'\d+', 'N', one), []).append((kind, number, one, words, err))
    for what, places in sorted(violations.items(), key=lambda item: -len(item[1])):
        print('\n%s: %d times' % (what, len(places)))
        for kind, number, one, words, err in places[:8]:
            print('  %s: %s' % (one, ' '.join(repr(word)[:80] for word in words)))
            print('    %s' % ascii(err.strip()[-200:]))
            print('    again: tools/hostile.py %s --seed %d --only %s --case %d --keep kept' %
                  (options.program, options.seed, kind, number))
    print('\n%-12s %7s %7s %7s %9s %9s %11s' % ('kind', 'files', 'runs', 'exit 0', 'longest', 'most MB', 'violations'))
    for kind in kinds:
        if kind in table:
            print('%-12s %7d %7d %7d %7.1f s %9.0f %11d' % (kind, *table[kind]))
    rows = list(table.values())
    print('%-12s %7d %7d %7d %7.1f s %9.0f %11d   in %.0f s' %
          ('all', *(sum(row[i] for row in rows) for i in range(3)), max(row[3] for row in rows),
           max(row[4] for row in rows), sum(row[5] for row in rows), time.monotonic() - start))
    return 1 if violations else 0


if __name__ == '__main__':
    sys.exit(main())
