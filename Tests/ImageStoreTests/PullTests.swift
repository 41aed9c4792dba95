// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import ImageStore
import LinuxKernel
import OCISpec
import Testing

@Suite("Pulling images")
struct PullTests {
    /// A registry on the loopback interface that serves one OCI image layout, as much of it as a pull needs.
    ///
    /// Source: OCI distribution specification, pulling manifests and blobs.
    private static let registry = """
        import http.server, json, pathlib, sys
        root = pathlib.Path(sys.argv[1])
        index = json.loads((root / "index.json").read_text())
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def do_GET(self):
                parts = self.path.strip("/").split("/")
                if parts == ["v2"]: return self.answer(b"{}", "application/json")
                kind, name = parts[-2:]
                for entry in index["manifests"]:
                    if kind == "manifests" and name in (entry["annotations"]["org.opencontainers.image.ref.name"].split(":")[-1], entry["digest"]):
                        return self.answer((root / "blobs/sha256" / entry["digest"][7:]).read_bytes(), entry["mediaType"])
                blob = root / "blobs/sha256" / name[7:]
                if kind == "blobs" and blob.exists(): return self.answer(blob.read_bytes(), "application/octet-stream")
                self.answer(b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}', "application/json", 404)
            do_HEAD = do_GET
            def answer(self, body, kind, status=200):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command == "GET": self.wfile.write(body)
            def log_message(self, *arguments): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    /// Serves a layout while `body` runs, which gets the port.
    private func serving(_ layout: Layout, _ body: (Int) throws -> Void) throws {
        let python = try #require(Command.find("python3"))
        let output = try Pipe()
        let null = try File.open("/dev/null", [.readWrite])
        let child = try Command(
            python, ["-c", Self.registry, layout.path], environment: ["PATH": "/usr/bin:/bin"]
        ).start(descriptors: [null.raw, output.writer.raw, null.raw])
        let line = String(decoding: try File.read(output.reader.raw, upTo: 16, subject: "port"), as: UTF8.self)
        do {
            try body(try #require(Int(line.dropLast())))
            try child.end()
        } catch {
            try child.end()
            throw error
        }
    }

    /// The configuration of a user who trusts this registry without TLS.
    private func environment(_ world: World, port: Int) throws -> [String: String] {
        let home = world.scratch.path + "/home"
        try File.makeFolders(home + "/.config/containers")
        let registries = "[[registry]]\nlocation = \"127.0.0.1:\(port)\"\ninsecure = true\n"
        try File.replace(home + "/.config/containers/registries.conf", with: Array(registries.utf8))
        try File.replace(
            home + "/.config/containers/policy.json",
            with: Array(#"{"default":[{"type":"insecureAcceptAnything"}]}"#.utf8))
        return ["HOME": home, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "SECRET": "kept"]
    }

    private func layout(_ world: World) throws -> Layout {
        var tar = Tar()
        tar.add("file", text: "pulled")
        var layout = try world.layout()
        try layout.add("repo:1", [try .init(tar, .gzip)]) { $1.config?.User = "1000" }
        return layout
    }

    @Test("an image is pulled by tag and by digest, with the digest that the registry has")
    func pull() throws {
        let world = try World()
        let layout = try layout(world)
        try serving(layout) { port in
            let environment = try environment(world, port: port)
            let image = try world.store.pull(
                try ImageReference("127.0.0.1:\(port)/some/repo:1"), environment: environment)
            #expect(try File.exists("\(layout.path)/blobs/sha256/\(image.digest.hex)"))
            #expect(image.config.config?.User == "1000")
            #expect(try File.readText(try world.top(image) + "/file") == "pulled")
            let reference = try ImageReference("127.0.0.1:\(port)/some/repo@\(image.digest)")
            #expect(try world.store.pull(reference, environment: environment).digest == image.digest)
            #expect(try world.store.list().count == 2)
            #expect(try File.names(in: world.store.folder + "/scratch") == [])
        }
    }

    @Test("what the registry does not have is one line in Kubernetes' words, and nothing stays")
    func unknown() throws {
        let world = try World()
        try serving(try layout(world)) { port in
            let error = #expect(throws: ImageError.self) {
                try world.store.pull(
                    try ImageReference("127.0.0.1:\(port)/some/repo:2"),
                    environment: try environment(world, port: port))
            }
            #expect(error?.kind == .pull)
            let text = try #require(error).description
            #expect(text.hasPrefix("failed to pull image \"127.0.0.1:\(port)/some/repo:2\": "))
            #expect(text.contains("manifest unknown") && !text.contains("\n"), "\(text)")
        }
        try world.expectEmpty()
    }

    @Test("a registry that is not there is one line that says so")
    func unreachable() throws {
        let world = try World()
        let error = #expect(throws: ImageError.self) {
            try world.store.pull(
                try ImageReference("127.0.0.1:1/x"), environment: try environment(world, port: 1))
        }
        #expect(error?.description.contains("connection refused") == true, "\(String(describing: error))")
    }

    @Test("without skopeo the error says what to install")
    func noSkopeo() throws {
        let world = try World()
        let error = #expect(throws: ImageError.self) {
            try world.store.pull(try ImageReference("busybox"), environment: ["PATH": "/nowhere"])
        }
        #expect(
            error?.description
                == "failed to pull image \"docker.io/library/busybox:latest\": skopeo is not on PATH: install skopeo")
    }
}
