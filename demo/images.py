#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the demo's two images, busybox and nginx, as one OCI image layout from Debian's packages alone.

Usage: images.py OUT_DIR --packages DIR [--busybox PATH]

busybox is Debian's busybox-static with a link for each applet. nginx is Debian's nginx-light with all packages that it
depends on, and coreutils, dash and curl, so that `exec` has something to run; its configuration is as in the image that
everyone knows: port 80, logs on standard output and error, temporary files in /var/cache/nginx, the pid file in /run.
The packages are downloaded to DIR and unpacked into a layer; nothing is installed on this machine. apt checks their
signatures.
"""
import argparse
import gzip
import hashlib
import io
import json
import pathlib
import platform
import subprocess
import sys
import tarfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
NGINX_PACKAGES = ["nginx-light", "coreutils", "dash", "curl"]
# Debian's packages may still name these; in an image with a merged /usr they are links.
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
NOT_NEEDED = ("usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/lintian/", "usr/share/bug/")

PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
"""
GROUP = """root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
tty:x:5:
www-data:x:33:
users:x:100:
nogroup:x:65534:
"""
NGINX_CONF = """user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    access_log /var/log/nginx/access.log;
    client_body_temp_path /var/cache/nginx/client_temp;
    proxy_temp_path /var/cache/nginx/proxy_temp;
    fastcgi_temp_path /var/cache/nginx/fastcgi_temp;
    uwsgi_temp_path /var/cache/nginx/uwsgi_temp;
    scgi_temp_path /var/cache/nginx/scgi_temp;
    sendfile on;
    server {
        listen 80;
        root /usr/share/nginx/html;
        index index.html;
    }
}
"""
PAGE = """<!DOCTYPE html>
<title>Welcome to nginx!</title>
<h1>Welcome to nginx!</h1>
"""


class Layer:
    """One layer, uncompressed. A name that is added twice keeps its first content."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.buffer, mode="w", format=tarfile.PAX_FORMAT)
        self.names = set()

    def put(self, member, content=None):
        if member.name not in self.names:
            self.names.add(member.name)
            self.tar.addfile(member, content)

    def member(self, name, kind, mode, uid=0, gid=0):
        info = tarfile.TarInfo(name)
        info.type, info.mode, info.uid, info.gid, info.mtime = kind, mode, uid, gid, 0
        return info

    def folder(self, name, mode=0o755, uid=0, gid=0):
        self.put(self.member(name, tarfile.DIRTYPE, mode, uid, gid))

    def link(self, name, target):
        info = self.member(name, tarfile.SYMTYPE, 0o777)
        info.linkname = target
        self.put(info)

    def file(self, name, data, mode=0o644):
        info = self.member(name, tarfile.REGTYPE, mode)
        info.size = len(data)
        self.put(info, io.BytesIO(data))

    def bytes(self):
        self.tar.close()
        return self.buffer.getvalue()


class Layout:
    """An OCI image layout on disk. Source: opencontainers/image-spec, image-layout.md."""

    def __init__(self, folder):
        self.folder = folder
        self.blobs = folder / "blobs" / "sha256"
        self.blobs.mkdir(parents=True, exist_ok=True)
        self.manifests = []

    def blob(self, data, media):
        digest = hashlib.sha256(data).hexdigest()
        (self.blobs / digest).write_bytes(data)
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(data)}

    def add(self, reference, tar, config):
        image = {
            "architecture": architecture(), "os": "linux", "config": config,
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest()]},
        }
        manifest = {
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self.blob(json.dumps(image).encode(), "application/vnd.oci.image.config.v1+json"),
            "layers": [self.blob(gzip.compress(tar, 1, mtime=0), "application/vnd.oci.image.layer.v1.tar+gzip")],
        }
        self.manifests.append({
            **self.blob(json.dumps(manifest).encode(), manifest["mediaType"]),
            "annotations": {"org.opencontainers.image.ref.name": reference, "io.containerd.image.name": reference},
        })

    def write(self):
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        (self.folder / "index.json").write_text(json.dumps({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": self.manifests}))


def architecture():
    machine = platform.machine()
    return ARCHITECTURES.get(machine, machine)


def busybox_layer(busybox):
    layer = Layer()
    for name in ["bin", "dev", "etc", "home", "proc", "sys", "usr", "usr/sbin", "var", "var/spool", "var/spool/mail"]:
        layer.folder(name)
    layer.folder("root", 0o700)
    layer.folder("tmp", 0o1777)
    layer.folder("var/www", uid=33, gid=33)
    layer.file("etc/passwd", PASSWD.encode())
    layer.file("etc/group", GROUP.encode())
    layer.file("bin/busybox", busybox.read_bytes(), 0o755)
    for applet in sorted(subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()):
        if applet != "busybox":
            layer.link(f"bin/{applet}", "busybox")
    return layer.bytes()


def download(packages, folder):
    """Downloads `packages` with all that they depend on, as if nothing were installed; gives the files' paths.

    The machine's own package state stays as it is: an empty one is named, and the caches are kept elsewhere.
    """
    (folder / "partial").mkdir(parents=True, exist_ok=True)
    apt = [
        "apt-get", "-qq", "-y", "-o", "Dir::State::status=/dev/null", "-o", f"Dir::Cache::archives={folder}",
        "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=", "-o", "APT::Sandbox::User=root",
        "-o", "Debug::NoLocking=1", "--no-install-recommends", "install",
    ]

    def attempt(*options):
        return subprocess.run([*apt, *options, *packages], capture_output=True, text=True)

    done = attempt("--download-only")
    if done.returncode:
        # the lists are missing, or older than the registry
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        done = attempt("--download-only")
    if done.returncode:
        sys.exit(f"images.py: Debian's package registry did not give {', '.join(packages)}: {done.stderr.strip()}")
    archives = []
    for line in attempt("--simulate").stdout.splitlines():
        # Inst curl (7.88.1-10 Debian:12/stable [amd64]); an archive's name has %3a for the colon of an epoch
        if line.startswith("Inst "):
            name, version = line.split()[1].split(":")[0], line.split()[2].removeprefix("(").replace(":", "%3a")
            found = list(folder.glob(f"{name}_{version}_*.deb"))
            if len(found) != 1:
                sys.exit(f"images.py: {name} {version} was not downloaded to {folder}")
            archives += found
    return archives


def merged(name):
    """The name of a package's file in an image whose /bin, /sbin and /lib are links into /usr."""
    name = name.removeprefix("./").rstrip("/")
    return f"usr/{name}" if name.split("/")[0] in MERGED else name


def unpack(layer, archive):
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as unpacked:
        with tarfile.open(fileobj=unpacked.stdout, mode="r|") as tar:
            for member in tar:
                member.name = merged(member.name)
                if not member.name or member.name == "." or member.name.startswith(NOT_NEEDED):
                    continue
                if member.islnk():
                    member.linkname = merged(member.linkname)
                layer.put(member, tar.extractfile(member) if member.isreg() else None)
    if unpacked.returncode:
        sys.exit(f"images.py: dpkg-deb cannot read {archive}")


def nginx_layer(archives):
    layer = Layer()
    for name in ["dev", "proc", "sys", "run", "etc", "usr", "usr/bin", "usr/sbin", "usr/lib", "var", "etc/nginx"]:
        layer.folder(name)
    for name in MERGED:
        layer.folder(f"usr/{name}")
        layer.link(name, f"usr/{name}")
    layer.folder("root", 0o700)
    layer.folder("tmp", 0o1777)
    layer.file("etc/passwd", (PASSWD + "nginx:x:101:101:nginx:/nonexistent:/bin/false\n").encode())
    layer.file("etc/group", (GROUP + "nginx:x:101:\n").encode())
    # before the packages, so that these are kept
    layer.file("etc/nginx/nginx.conf", NGINX_CONF.encode())
    layer.folder("usr/share/nginx/html")
    layer.file("usr/share/nginx/html/index.html", PAGE.encode())
    layer.folder("var/cache/nginx")
    layer.folder("var/log/nginx")
    layer.link("var/log/nginx/access.log", "/dev/stdout")
    layer.link("var/log/nginx/error.log", "/dev/stderr")
    for archive in archives:
        unpack(layer, archive)
    return layer.bytes()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--packages", type=pathlib.Path, required=True)
    parser.add_argument("--busybox", type=pathlib.Path, default=pathlib.Path("/bin/busybox"))
    args = parser.parse_args()

    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    layout = Layout(args.out)
    layout.add("docker.io/library/busybox:latest", busybox_layer(args.busybox), {"Env": [path], "Cmd": ["sh"]})
    archives = download(NGINX_PACKAGES, args.packages.resolve())
    layout.add("docker.io/library/nginx:latest", nginx_layer(archives), {
        "Env": [path], "Cmd": ["nginx", "-g", "daemon off;"], "ExposedPorts": {"80/tcp": {}}, "StopSignal": "SIGQUIT"})
    layout.write()
    print(f"busybox, and nginx from {len(archives)} Debian packages, in {args.out}")


if __name__ == "__main__":
    main()
