#!/usr/bin/python3
"""An ordinary user looks into a guest: no root, a cache of the user's own."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

OVAPORT = os.environ.get("OVAPORT", "ovaport")
NOBODY = 65534


def own(path):
    """Gives a file or directory to the ordinary user."""
    os.chown(path, NOBODY, NOBODY)
    return path


def as_nobody(arguments, home):
    """Runs a program as a user without privileges and without any environment."""
    return subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
                          + arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, cwd="/",
                          env={"PATH": os.environ["PATH"], "HOME": home, "XDG_CACHE_HOME": home})


def make_guest(work):
    """A small file system that libguestfs takes for a Linux."""
    root = os.path.join(work, "root")
    for directory in ("etc", "usr/bin", "usr/lib/systemd", "var", "tmp"):
        os.makedirs(os.path.join(root, directory))
    for name in ("bin", "lib"):
        os.symlink(f"usr/{name}", os.path.join(root, name))
    for path, text in (("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
                       ("etc/fstab", "/dev/sda / ext4 defaults 0 1\n"),
                       ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")):
        with open(os.path.join(root, path), "w", encoding="utf-8") as stream:
            stream.write(text)
    shutil.copy("/bin/ls", os.path.join(root, "usr/bin/ls"))
    disk = os.path.join(work, "disk.raw")
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-d", root, disk, "32M"],
                   check=True, env={**os.environ, "PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
    return own(disk)


class Unprivileged(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("becoming another user needs root")
        # Kept between runs, as a user's cache is: making the appliance takes a while.
        self.home = f"/var/tmp/ovaport-test-cache-{NOBODY}"
        os.makedirs(self.home, mode=0o700, exist_ok=True)
        own(self.home)
        self.work = own(tempfile.mkdtemp(prefix="ovaport-unprivileged-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.work)
        # The build tree may lie where only root can go.
        self.program = shutil.copy(OVAPORT, self.work)

    def test_an_ordinary_user_looks_into_a_guest(self):
        disk = make_guest(self.work)
        started = time.monotonic()
        done = as_nobody([self.program, "guest", "inspect", "--json", disk], self.home)
        self.assertEqual(done.returncode, 0, done.stderr)
        print(f"as nobody: {time.monotonic() - started:.1f} s", file=sys.stderr)
        self.assertEqual(json.loads(done.stdout)["distribution"], "debian")

    def test_a_disk_that_may_not_be_read_is_said_so(self):
        disk = os.path.join(self.work, "secret.raw")
        with open(disk, "wb") as stream:
            stream.truncate(1 << 20)
        os.chmod(disk, 0o600)
        done = as_nobody([self.program, "guest", "inspect", disk], self.home)
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("guest.disk-access", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
