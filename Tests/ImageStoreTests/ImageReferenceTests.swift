// SPDX-License-Identifier: Apache-2.0
import ImageStore
import Testing

@Suite("Image references")
struct ImageReferenceTests {
    static let hex = String(repeating: "0123456789abcdef", count: 4)

    @Test(
        "a reference is completed as everywhere",
        arguments: [
            ("busybox", "docker.io/library/busybox:latest"),
            ("busybox:1.36", "docker.io/library/busybox:1.36"),
            ("user/app", "docker.io/user/app:latest"),
            ("docker.io/busybox", "docker.io/library/busybox:latest"),
            ("index.docker.io/library/busybox", "docker.io/library/busybox:latest"),
            ("localhost/x", "localhost/x:latest"),
            ("localhost:5000/x", "localhost:5000/x:latest"),
            ("localhost:5000", "docker.io/library/localhost:5000"),
            ("host.tld/x:T_a.g-1", "host.tld/x:T_a.g-1"),
            ("host.tld:443/a/b/c", "host.tld:443/a/b/c:latest"),
            ("HOST/x", "HOST/x:latest"),
            ("[2001:db8::1]:5000/x", "[2001:db8::1]:5000/x:latest"),
            ("x/a__b-c---d.e_f", "docker.io/x/a__b-c---d.e_f:latest"),
            ("busybox@sha256:\(hex)", "docker.io/library/busybox@sha256:\(hex)"),
            ("busybox:1.36@sha256:\(hex)", "docker.io/library/busybox@sha256:\(hex)"),
            ("host.tld:5000/x:1@sha256:\(hex)", "host.tld:5000/x@sha256:\(hex)"),
        ])
    func normalised(written: String, full: String) throws {
        #expect(try ImageReference(written).description == full)
        #expect(try ImageReference(full).description == full)
    }

    @Test(
        "what the grammar does not have is refused in the kubelet's words",
        arguments: [
            "", " ", "a b", "x:", "x:-tag", "x:tag:tag", "/x", "x/", "a//b", "-x", "x-", "a___b", "a.-b", "x@",
            "x@sha256",
            "x@sha256:0123", "x:\(String(repeating: "t", count: 129))", "../x", "host.tld:port/x", "-host.tld/x",
            "host..tld/x", "x\n", "é", "https://host.tld/x", "[::1/x", "x@sha256:\(hex)@sha256:\(hex)",
        ])
    func refused(written: String) {
        let error = #expect(throws: ImageError.self) { try ImageReference(written) }
        #expect(error?.kind == .invalidName)
        #expect(error?.description == "couldn't parse image name \"\(written)\": invalid reference format")
    }

    @Test(
        "a name that is close to right is refused with what is wrong in it",
        arguments: [
            ("Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase"),
            ("host.tld/App:1", "invalid reference format: repository name (App) must be lowercase"),
            (hex, "invalid repository name (\(hex)), cannot specify 64-byte hexadecimal strings"),
            (String(repeating: "a", count: 256), "repository name must not be more than 255 characters"),
            ("x@md5:\(hex)", "unsupported digest algorithm"),
            ("x@sha256:\(hex)00", "invalid checksum digest length"),
            ("x@sha256:\(hex.uppercased())", "invalid checksum digest format"),
        ])
    func reason(written: String, reason: String) {
        let error = #expect(throws: ImageError.self) { try ImageReference(written) }
        #expect(error?.description == "couldn't parse image name \"\(written)\": \(reason)")
    }

    @Test("a digest is the SHA-256 of the bytes")
    func digest() {
        // FIPS 180-2, appendix B.1 and the digest of nothing.
        #expect(Digest(of: Array("abc".utf8)).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Digest(of: []).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(Digest("sha256:../../etc/passwd") == nil)
        #expect(Digest("sha512:\(Self.hex)") == nil)
        #expect(Digest("sha256:\(Self.hex.uppercased())") == nil)
    }
}
