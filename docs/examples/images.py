#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the images of docs/problems.md as one OCI layout: images.py OUT

example.test/app:1    USER app, and folders for its log and its cache
example.test/proxy:1  a program with file capabilities, as Caddy's image has it
"""
import gzip
import hashlib
import io
import json
import pathlib
import struct
import sys
import tarfile

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0) \
    + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, 0x84, 0x84, 0x1000) \
    + b"\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05\x90\x90\x90"  # exit(0)
# CAP_NET_BIND_SERVICE, permitted and effective: setcap cap_net_bind_service=ep
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)
PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:10001:10001:app:/home/app:/sbin/nologin\n"
GROUP = "root:x:0:\napp:x:10001:\n"


def layer(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, content, mode, owner, headers in files:
            entry = tarfile.TarInfo(path)
            entry.mode, entry.uid, entry.gid, entry.pax_headers = mode, owner, owner, headers
            if content is None:
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def main():
    out = pathlib.Path(sys.argv[1])
    blobs = out / "blobs/sha256"
    blobs.mkdir(parents=True)

    def blob(data, media):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(data)}

    base = [("etc", None, 0o755, 0, {}), ("etc/passwd", PASSWD.encode(), 0o644, 0, {}),
            ("etc/group", GROUP.encode(), 0o644, 0, {}), ("usr", None, 0o755, 0, {}), ("usr/bin", None, 0o755, 0, {}),
            ("tmp", None, 0o1777, 0, {}), ("home", None, 0o755, 0, {}), ("home/app", None, 0o700, 10001, {})]
    capability = {"SCHILY.xattr.security.capability": CAPABILITY.decode("utf-8", "surrogateescape")}
    images = {
        "example.test/app:1": (
            base + [("usr/bin/app", ELF, 0o755, 0, {}), ("var", None, 0o755, 0, {}), ("var/log", None, 0o755, 0, {}),
                    ("var/log/app", None, 0o750, 10001, {}), ("var/cache", None, 0o755, 0, {}),
                    ("var/cache/app", None, 0o750, 10001, {}), ("srv", None, 0o755, 0, {}),
                    ("srv/index.html", b"<p>it works\n", 0o644, 0, {})],
            {"User": "app", "Entrypoint": ["/usr/bin/app"], "WorkingDir": "/home/app"}),
        "example.test/proxy:1": (
            base + [("usr/bin/proxy", ELF, 0o755, 0, capability)],
            {"Entrypoint": ["proxy"], "ExposedPorts": {"80/tcp": {}}}),
    }
    manifests = []
    for name, (files, config) in images.items():
        tar = layer(files)
        document = {"architecture": "amd64", "os": "linux",
                    "config": {"Env": ["PATH=/usr/bin:/bin"], **config},
                    "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest()]}}
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": blob(json.dumps(document).encode(), "application/vnd.oci.image.config.v1+json"),
                    "layers": [blob(gzip.compress(tar, mtime=0), "application/vnd.oci.image.layer.v1.tar+gzip")]}
        manifests.append({**blob(json.dumps(manifest).encode(), manifest["mediaType"]),
                          "annotations": {"org.opencontainers.image.ref.name": name, "io.containerd.image.name": name}})
    (out / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (out / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": manifests}))


if __name__ == "__main__":
    main()
