// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import SecurityPolicy

/// Sees that the AppArmor profile of a container is in the kernel.
struct AppArmorPreparation {
    let container: PodContainer
    let context: EffectiveSecurityContext
    /// The profile that this runtime brings itself.
    let ownProfile: DefaultAppArmorProfile

    /// Loads the default profile where it is missing; one that is named by the pod must be loaded already.
    func prepare() throws {
        guard case .profile(let name) = context.appArmor.value else { return }
        if try Self.loadedProfiles().contains(name) { return }
        guard name == ownProfile.name else {
            let origin = context.appArmor.origin.manifestField ?? container.path
            // The annotation of old is a value without parts.
            let field = origin.hasSuffix(".appArmorProfile") ? "\(origin).localhostProfile" : origin
            throw Refusal(
                .container, field: field,
                message: "\(field): apparmor profile not found \(name): load it with apparmor_parser", isTransient: true
            )
        }
        try load()
    }

    /// Source: the kernel's admin-guide/LSM/apparmor, securityfs.
    static let profilesFile = "/sys/kernel/security/apparmor/profiles"

    private static func loadedProfiles() throws(SyscallError) -> Set<String> {
        names(in: try File.readText(profilesFile))
    }

    /// The names in a text of lines such as `name (enforce)`; a name may have spaces and parentheses itself.
    static func names(in text: String) -> Set<String> {
        Set(
            text.split(separator: "\n").compactMap { line in
                guard line.hasSuffix(")"), let mode = line.lastIndex(of: "("), mode > line.startIndex else {
                    return nil
                }
                return String(line[..<line.index(before: mode)])
            })
    }

    /// It needs the parser of AppArmor's own project: the kernel takes compiled profiles alone.
    private func load() throws {
        func refuse(_ why: String) -> Refusal {
            let field = context.appArmor.origin.manifestField ?? "\(container.path).securityContext.appArmorProfile"
            return Refusal(
                .container, field: field,
                message: "\(field): cannot load the AppArmor profile \(ownProfile.name): \(why)", isTransient: true)
        }
        guard let parser = Command.find("apparmor_parser", in: ["/usr/sbin", "/sbin", "/usr/local/sbin"]) else {
            throw refuse("there is no apparmor_parser: install the package apparmor")
        }
        let done: Command.Result
        do {
            done = try Command(parser, ["--replace", "--skip-cache"], environment: ["PATH": "/usr/sbin:/usr/bin"])
                .run(input: Array(ownProfile.text.utf8), limit: 64 << 10, timeout: .seconds(60))
        } catch { throw refuse("\(error)") }
        guard case .exited(code: 0) = done.status, try Self.loadedProfiles().contains(ownProfile.name) else {
            let words = String(decoding: done.errors + done.output, as: UTF8.self)
            throw refuse("apparmor_parser: \(words.split(separator: "\n").joined(separator: "; "))")
        }
    }
}
