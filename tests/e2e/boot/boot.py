#!/usr/bin/python3
"""Boots what `ovaport import` wrote and shows what the guest says on its serial console.

    boot.py DIR [--deadline SECONDS] [--disk-bus BUS] [--until TEXT]

Ends when the guest powers off (status 0), when TEXT appears (0) or at the deadline (1).
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import vm_to_qemu

ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[()][A-Z0-9]|\x1bc")


class Boot:
    """The end of one boot: `how` is "off", "seen" or "deadline"."""

    def __init__(self, how, console, seconds):
        self.how = how
        self.console = console
        self.seconds = seconds


def clean(raw):
    """The text of a serial console, without carriage returns and terminal sequences."""
    return ANSI.sub("", raw.decode("utf-8", "replace")).replace("\r", "")


def read(path):
    try:
        with open(path, "rb") as stream:
            return clean(stream.read())
    except FileNotFoundError:
        return ""


def boot(directory, deadline=600, disk_bus=None, nic_model=None, until=None):
    """Boots on a snapshot: the disks stay as they are."""
    manifests = vm_to_qemu.Manifests.load(os.path.join(directory, "manifests.yaml"))
    with tempfile.TemporaryDirectory(prefix="ovaport-boot-", dir="/var/tmp") as scratch:
        vm_to_qemu.prepare(manifests, scratch)
        log = os.path.join(scratch, "serial.log")
        command = vm_to_qemu.command(manifests, directory, scratch, disk_bus, nic_model,
                                     serial=f"file:{log}")
        started = time.monotonic()
        errors = os.path.join(scratch, "qemu.err")
        with open(errors, "wb") as stderr:
            # Files of -snapshot go to TMPDIR.
            machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=stderr,
                                       env={**os.environ, "TMPDIR": scratch})
        try:
            how = wait(machine, log, started + deadline, until)
        finally:
            machine.kill()
            machine.wait()
        if how == "failed":
            raise RuntimeError("qemu: " + read(errors))
        return Boot(how, read(log), time.monotonic() - started)


def wait(machine, log, end, until):
    while time.monotonic() < end:
        try:
            return "off" if machine.wait(timeout=0.5) == 0 else "failed"
        except subprocess.TimeoutExpired:
            if until and re.search(until, read(log)):
                return "seen"
    return "deadline"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--deadline", type=float, default=600)
    parser.add_argument("--disk-bus")
    parser.add_argument("--until")
    options = parser.parse_args()
    result = boot(options.directory, options.deadline, options.disk_bus, until=options.until)
    print(result.console)
    print(f"{result.how} after {result.seconds:.1f} s", file=sys.stderr)
    return 1 if result.how == "deadline" else 0


if __name__ == "__main__":
    sys.exit(main())
