"""A test that the generated module is that of the schema in the tree."""

import os
import shutil
import subprocess
import tempfile
import unittest

from google.protobuf import descriptor_pb2

from cmdclient import cmd_pb2 as pb

SCHEMA = os.path.join(os.path.dirname(__file__), "..", "..", "cmdpb", "cmd.proto")


class SchemaTest(unittest.TestCase):
    def test_generated(self) -> None:
        if shutil.which("protoc") is None:
            self.skipTest("needs protoc (Debian package protobuf-compiler)")
        with tempfile.TemporaryDirectory() as tmp:
            out = os.path.join(tmp, "set")
            subprocess.run(
                ["protoc", "-I", os.path.dirname(SCHEMA), "--descriptor_set_out", out, "cmd.proto"], check=True
            )
            with open(out, "rb") as f:
                schemas = descriptor_pb2.FileDescriptorSet.FromString(f.read())
        mine = descriptor_pb2.FileDescriptorProto()
        pb.DESCRIPTOR.CopyToProto(mine)
        for file in (mine, schemas.file[0]):  # what other languages are told, and names that protoc derives
            file.ClearField("options")
            for message in file.message_type:
                for field in message.field:
                    field.ClearField("json_name")
        self.assertEqual(mine, schemas.file[0], "cmd_pb2.py is stale; run: make generate")


if __name__ == "__main__":
    unittest.main()
