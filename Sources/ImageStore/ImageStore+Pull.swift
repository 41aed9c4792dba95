// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import LinuxKernel
import OCISpec

extension ImageStore {
    /// Gets an image from its registry with skopeo, by the user's own containers configuration (registries.conf,
    /// auth.json, policy.json), and takes it in.
    ///
    /// Of the environment skopeo sees what it reads, no more. When the registry did not give the image, an ``ImageError``
    /// of kind `pull` is thrown.
    package func pull(
        _ reference: ImageReference, environment: [String: String] = ProcessInfo.processInfo.environment,
        progress: @escaping (ImageProgress) -> Void = { _ in }
    ) throws(ImageError) -> StoredImage {
        func refuse(_ reason: String) -> ImageError {
            ImageError(.pull, "failed to pull image \"\(reference)\": \(reason)")
        }
        let folders = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        guard let skopeo = Command.find("skopeo", in: folders) else {
            throw refuse("skopeo is not on PATH: install skopeo")
        }
        try prepare()
        return try withScratch { scratch throws(ImageError) in
            let folder = "\(scratch)/pulled"
            // `dir:` keeps the manifest's bytes, and so its digest, as the registry has them.
            let command = Command(
                skopeo, ["copy", "docker://\(reference)", "dir:\(folder)"],
                environment: environment.filter { Self.isForSkopeo($0.key) })
            progress(ImageProgress(phase: .pulling, subject: reference.description, done: 0, total: nil))
            let result: Command.Result
            do {
                result = try command.run(limit: 1 << 20) { _ in
                    let done = Self.bytes(in: folder)
                    progress(ImageProgress(phase: .pulling, subject: reference.description, done: done, total: nil))
                }
            } catch { throw refuse("\(error)") }
            guard result.status == .exited(code: 0) else {
                throw refuse(Self.reason(String(decoding: result.errors, as: UTF8.self), result.status))
            }
            return try importing { () throws(ImageError) in
                let staging = try Staging(self, scratch: scratch, limits: LayerWriter.Limits(), progress: progress)
                let source = try ImageSource(
                    folder, layout: .plain, isOurs: true, subject: "image \"\(reference)\"")
                try staging.takePulled(source, as: reference)
                guard let image = try staging.commit().first else { fatalError("an image was staged") }
                return image
            }
        }
    }

    /// What skopeo and the libraries that it is made of read.
    ///
    /// Source: skopeo(1), containers-auth.json(5), containers-registries.conf(5), and Go's net/http and crypto/x509.
    private static func isForSkopeo(_ name: String) -> Bool {
        let names = [
            "PATH", "HOME", "USER", "TMPDIR", "LANG", "REGISTRY_AUTH_FILE", "DOCKER_CONFIG", "SSL_CERT_FILE",
            "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
        ]
        return names.contains(name) || names.contains(name.uppercased()) && name.hasSuffix("_proxy")
            || name.hasPrefix("XDG_") || name.hasPrefix("CONTAINERS_")
    }

    /// The sizes of what has come so far; a file that is just being renamed counts as nothing.
    private static func bytes(in folder: String) -> Int64 {
        let names = (try? File.names(in: folder)) ?? []
        return names.reduce(0) { $0 + Int64((try? File.status("\(folder)/\($1)").size) ?? 0) }
    }

    /// The first line that says what went wrong: skopeo's log has it as `level=fatal msg="…"`.
    static func reason(_ log: String, _ status: ExitStatus) -> String {
        let lines = log.split(separator: "\n").map(String.init)
        for level in ["level=fatal", "level=error"] {
            guard let line = lines.first(where: { $0.contains(level) }), let start = line.firstRange(of: "msg=\"")
            else {
                continue
            }
            var message = ""
            var escaped = false
            for character in line[start.upperBound...] {
                if !escaped && character == "\"" { break }
                if !escaped && character == "\\" {
                    escaped = true
                    continue
                }
                message.append(escaped && character == "n" ? " " : character)
                escaped = false
            }
            return message
        }
        let last = lines.last { !$0.allSatisfy(\.isWhitespace) } ?? "no word of why"
        return "skopeo ended with \(status.shellCode): \(last)"
    }
}

extension Staging {
    /// What skopeo left: `manifest.json` as the registry has it, and the blobs.
    func takePulled(_ source: ImageSource, as reference: ImageReference) throws(ImageError) {
        guard let bytes = try source.read("manifest.json") else {
            throw ImageError(.pull, "failed to pull \(source.subject): skopeo left no manifest")
        }
        let manifest = try ImageStore.decode(
            ImageManifest.self, bytes, "\(source.subject): its manifest", .invalidImage)
        let type = manifest.mediaType ?? MediaType.manifest
        guard MediaType.manifests.contains(type) else {
            throw ImageError(.invalidImage, "\(source.subject): \(type) is no image")
        }
        let staged = try stage(bytes, mediaType: type)
        try takeContent(of: manifest, staged, from: source)
        name(reference, staged, isPulled: true)
    }
}
