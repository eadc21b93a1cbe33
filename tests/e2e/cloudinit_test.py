#!/usr/bin/python3
"""An appliance whose consumer is cloud-init, imported without touching the guest.

cloud-init's own OVF data source finds the config CD (DSP0243's ISO transport): there is no
stand-in that it could ask, nor VMware Tools.
"""
import base64
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from appliances import import_appliance, make, said, start, work_directory

# Without the modules that take minutes under emulation.
USER_DATA = """#cloud-config
cloud_init_modules: [write_files, set_hostname]
cloud_config_modules: []
cloud_final_modules: []
write_files:
- path: /var/lib/from-user-data
  content: user data \u00e4 <&> 4711
"""
PROPERTIES = {"hostname": "cloud-7f3c", "instance-id": "id-of-the-test",
              "user-data": base64.b64encode(USER_DATA.encode()).decode()}


class CloudInit(unittest.TestCase):
    def test_takes_host_name_instance_and_user_data_from_the_config_cd(self):
        directory = import_appliance(make("cloudinit"), work_directory(type(self)), "none",
                                     PROPERTIES)
        result = start(directory, "cloud-init")
        self.assertEqual(result.how, "off", result.console[-3000:])
        self.assertEqual(said(result.console, "TOOLS"), "")
        self.assertRegex(said(result.console, "SOURCE"), r"^ovf \(iso\)$")
        self.assertEqual(said(result.console, "HOSTNAME"), PROPERTIES["hostname"])
        self.assertEqual(said(result.console, "INSTANCE"), PROPERTIES["instance-id"])
        self.assertEqual(said(result.console, "USER-DATA"), "user data \u00e4 <&> 4711")


if __name__ == "__main__":
    unittest.main(verbosity=2)
