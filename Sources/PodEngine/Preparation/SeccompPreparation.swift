// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import FoundationEssentials
import LinuxKernel
import OCISpec
import SecurityPolicy

/// Computes a container's filter, or loads it.
struct SeccompPreparation {
    let container: PodContainer
    let context: EffectiveSecurityContext
    let node: Node

    /// Nil: no filter.
    ///
    /// A Localhost profile is compiled here already, so that one which this machine cannot enforce refuses the container
    /// with the file's name and not only when it starts.
    func spec() throws(Refusal) -> SeccompSpec? {
        switch context.seccomp.value {
        case .unconfined: return nil
        case .runtimeDefault:
            return DefaultSeccompProfile.spec(
                capabilities: context.capabilities.value, architecture: .native, kernel: node.kernel,
                errno: node.defaults.seccompErrno)
        case .localhost(let path): return try load(path)
        }
    }

    private func load(_ path: String) throws(Refusal) -> SeccompSpec {
        let json: [UInt8]
        do { json = try File.read(path, limit: 1 << 20) } catch {
            throw refuse(path, error.errno == .noEntry ? "open \(path): no such file or directory" : "\(error)")
        }
        do {
            let spec = try LocalhostSeccompProfile(json: Data(json))
                .spec(capabilities: context.capabilities.value, architecture: .native, kernel: node.kernel)
            _ = try SeccompProgram(compiling: spec)
            return spec
        } catch let error as ProfileError {
            throw refuse(path, error.description)
        } catch {
            throw refuse(path, "\(error)")
        }
    }

    /// It passes once somebody puts the file there, or mends it.
    private func refuse(_ path: String, _ why: String) -> Refusal {
        let field = "\(context.seccomp.origin.manifestField ?? container.path).localhostProfile"
        return Refusal(
            .container, field: field, message: "\(field): cannot load seccomp profile \"\(path)\": \(why)",
            isTransient: true)
    }
}
