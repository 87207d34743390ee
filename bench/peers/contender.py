"""A process that runs a network when it is its turn, and stands still when it is another's."""
import json
import os
import pathlib
import signal
import statistics
import subprocess

HERE = pathlib.Path(__file__).parent


class Contender:
    """A process that speaks the protocol of `fcn bench --on-request`. Between its turns it is stopped, so that no thread of it
    that still spins in hope of work takes time from the one that is measured."""

    def __init__(self, name, command, threads):
        self.name, self.runs_ms, self.result = name, [], None
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        self.process = subprocess.Popen([str(word) for word in command], env=environment, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self._read()  # the first run
        self.process.send_signal(signal.SIGSTOP)

    def _read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.name} failed:\n{self.process.communicate()[1]}")
        return json.loads(line)

    def turn(self, runs, uncounted=0):
        """Runs, and keeps the median of those counted."""
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(f"{runs + uncounted}\n")
        self.process.stdin.flush()
        self.runs_ms.append(statistics.median(self._read()[uncounted:]))
        self.process.send_signal(signal.SIGSTOP)
        return self.runs_ms[-1]

    def finish(self):
        """Ends the process, and returns what it says last."""
        if self.result is None:
            self.process.send_signal(signal.SIGCONT)
            out, errors = self.process.communicate()
            if self.process.returncode != 0:
                raise SystemExit(f"{self.name} failed:\n{errors}")
            self.result = json.loads(out)
        return self.result

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Starter:
    """Knows how each contender is started."""

    def __init__(self, fcn, python, reference, models, threads):
        self.fcn, self.python, self.reference, self.models, self.threads = fcn, python, reference, models, threads

    def start(self, name, network, size, batch=1, train=False, labels=False, threads=None, label=None):
        threads = threads or self.threads
        if name == "fcn":
            command = [self.fcn, "bench", "--model", network, "--size", size, "--batch", batch, "--threads", threads,
                       "--on-request", "--json", *(["--train"] if train else []), *(["--labels"] if labels else [])]
        else:
            from networks import file_stem
            width, height = size.split("x")
            command = [self.python, HERE / "peer.py", name, "--network", network, "--reference", self.reference, "--files",
                       self.models / file_stem(network), "--width", width, "--height", height, "--batch", batch, "--threads",
                       threads, *(["--train"] if train else [])]
        return Contender(label or name, command, threads)
