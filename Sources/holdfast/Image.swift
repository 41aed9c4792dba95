// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import PodEngine

/// `image`: the images of this machine.
struct Image: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image", abstract: "Import, pull, list and remove images.",
        subcommands: [Import.self, Pull.self, List.self, Remove.self])

    /// Tells a person who watches what is being done.
    private static func progress(_ line: String) {
        // What cannot be told to a person is no reason to stop.
        if Console.isWatched { try? Console.note(line) }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Take in images: an OCI layout (folder or tar), a docker archive, or a root file system as a tar.",
            discussion: """
                Examples:
                  holdfast image import layout/
                  holdfast image import busybox.tar
                  holdfast image import rootfs.tar.gz --name my/image:1
                """)

        @Argument(help: "A folder or a file.", completion: .file())
        var path: String
        @Option(help: "What the image is to be called; a root file system needs a name.")
        var name: String?
        @OptionGroup var common: CommonOptions

        func run() throws {
            for name in try common.engine().importImages(path: path, name: name, progress: Image.progress) {
                try Console.print("image/\(name) imported")
            }
        }
    }

    struct Pull: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pull", abstract: "Get an image from its registry, with skopeo.",
            discussion: """
                Short names are Docker Hub's. Example:
                  holdfast image pull busybox
                """)

        @Argument(help: "busybox, docker.io/library/nginx:1.27, registry.example/app@sha256:…")
        var reference: String
        @OptionGroup var common: CommonOptions

        func run() throws {
            let name = try common.engine().pullImage(reference, progress: Image.progress)
            try Console.print("image/\(name) pulled")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Show all images.", aliases: ["ls"])

        enum Format: String, ExpressibleByArgument, CaseIterable { case name }

        @Option(name: .shortAndLong, help: "name: only the names.")
        var output: Format?
        @OptionGroup var common: CommonOptions

        func run() throws {
            let engine = try common.engine()
            if output == .name {
                for name in try engine.imageNames() { try Console.print("image/\(name)") }
                return
            }
            try Console.write(try engine.imageTable())
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Remove images that no pod runs.", aliases: ["rm"])

        @Argument(help: "The images' names.")
        var references: [String]
        @OptionGroup var common: CommonOptions

        func run() throws {
            let engine = try common.engine()
            var failed = false
            for reference in references {
                do { try Console.print("image \"\(try engine.removeImage(reference))\" removed") } catch {
                    failed = true
                    try Console.note("\(error)")
                }
            }
            if failed { throw ExitCode(1) }
        }
    }
}
