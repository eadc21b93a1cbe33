"""What the tests that boot imported machines share."""
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "boot"))
import boot  # pylint: disable=wrong-import-position

OVAPORT = os.environ.get("OVAPORT", "ovaport")
FIXTURE = os.path.join(HERE, "../../fixtures/appliance/make.sh")
# A value that shells, XML and consoles could each spoil, and one of several bytes a character.
PROPERTIES = {"hostname": "app-7f3c", "ip": "10.0.2.77",
              "admin_password": "a<b>&\"c'$(d)`e` \u00e4\u20ac", "enable_ssh": "true"}
IN_ENVIRONMENT = {**PROPERTIES, "enable_ssh": "True"}
NO_DISK = r"ALERT!.*does not exist|\(initramfs\)|Kernel panic"


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def import_appliance(ova, out, guest, properties=None):
    """Imports; returns the directory of the result. Says how long each phase took."""
    command = [OVAPORT, "import", ova, "--out", out, "--accept-eula", "--guest", guest,
               "--name", "story", "--network", "VM Network=pod"]
    for key, value in (properties or PROPERTIES).items():
        command += ["--prop", f"{key}={value}"]
    started = time.monotonic()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    seconds = time.monotonic() - started
    if done.returncode != 0:
        raise AssertionError(f"import: status {done.returncode}\n{done.stdout}{done.stderr}")
    directory = os.path.join(out, "story")
    say(f"import --guest={guest}: {seconds:.1f} s{phases(directory)}")
    return directory


def report_of(directory):
    """What was done to the guest of an import; empty when it was left alone."""
    with open(os.path.join(directory, "import.json"), encoding="utf-8") as stream:
        return json.load(stream)["machines"][0].get("guest") or {}


def phases(directory):
    seconds = report_of(directory).get("seconds") or {}
    if not seconds:
        return ""
    return " (" + ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items()) + ")"


def environment_of(console):
    """The properties in the environment that the consumer printed."""
    printed = re.search(r"CONSUMER-XML-BEGIN\n(.*?)CONSUMER-XML-END", console, re.DOTALL)
    if not printed:
        return None
    found = re.findall(r'<Property oe:key="([^"]*)" oe:value="([^"]*)"/>', printed.group(1))
    return {html.unescape(key): html.unescape(value) for key, value in found}


def make(variant):
    """The OVA of a sample appliance; skips where none can be made."""
    if os.geteuid() != 0:
        raise unittest.SkipTest("making a guest needs root")
    for tool in ("qemu-system-x86_64", "guestfish", "mmdebstrap", "xorrisofs"):
        if not shutil.which(tool):
            raise unittest.SkipTest(f"{tool} is not installed")
    started = time.monotonic()
    made = subprocess.run([FIXTURE, variant], check=True, stdout=subprocess.PIPE, text=True)
    say(f"guest {variant}: {time.monotonic() - started:.1f} s")
    return made.stdout.strip()


def work_directory(case):
    """A directory for the life of a test class."""
    path = tempfile.mkdtemp(prefix="ovaport-e2e-", dir="/var/tmp")
    case.addClassCleanup(shutil.rmtree, path)
    return path


def start(directory, what, **options):
    result = boot.boot(directory, **options)
    say(f"boot, {what}: {result.how} after {result.seconds:.1f} s")
    return result


def said(console, key):
    """What the consumer in the guest printed as CONSUMER-key=…"""
    found = re.search(rf"^CONSUMER-{key}=(.*)$", console, re.MULTILINE)
    return found[1].strip() if found else None
