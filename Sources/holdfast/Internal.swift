// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import ManifestReview
import PodEngine

/// What a pod's supervisor calls, and what writes the documentation.
struct Internal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "internal", abstract: "Called by a pod's supervisor.", shouldDisplay: false,
        subcommands: [Prepare.self, Upkeep.self, Network.self, Findings.self])

    struct Prepare: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "prepare",
            abstract: "Pull images and prepare volumes that the pod waits for, and write its plan anew.")

        @Argument var podFolder: String
        @OptionGroup var common: CommonOptions

        func run() throws { try common.engine().prepare(podFolder: podFolder) }
    }

    struct Upkeep: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "upkeep", abstract: "Renew what grows old in a running pod's volumes.")

        @Argument var podFolder: String
        @OptionGroup var common: CommonOptions

        func run() throws { try common.engine().upkeep(podFolder: podFolder) }
    }

    struct Findings: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "findings", abstract: "docs/findings.md, as the rules write it.")

        func run() throws { try Console.write(FindingDocument.markdown) }
    }

    struct Network: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "network", abstract: "The pod's place in the machine's network.",
            subcommands: [Add.self, Remove.self])

        struct Add: ParsableCommand {
            static let configuration = CommandConfiguration(commandName: "add")

            @Argument var podFolder: String
            @Argument var networkNamespace: String
            @OptionGroup var common: CommonOptions

            func run() throws {
                let addresses = try common.engine().addNetwork(podFolder: podFolder, namespace: networkNamespace)
                for address in addresses { try Console.print(address) }
            }
        }

        struct Remove: ParsableCommand {
            static let configuration = CommandConfiguration(commandName: "remove")

            @Argument var podFolder: String
            @Argument var networkNamespace: String
            @OptionGroup var common: CommonOptions

            func run() throws { try common.engine().removeNetwork(podFolder: podFolder) }
        }
    }
}
