// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import SecurityPolicy

/// A `resourceFieldRef`, in a variable or in a file.
struct ResourceValue {
    let pod: Pod
    /// What the machine has: the limits of who has none.
    let processors: Int
    let memory: Bytes

    struct Failure: Error, CustomStringConvertible {
        /// The member of the reference that is wrong.
        let part: String
        let description: String
        var isAboutMachine = false
    }

    /// A request or limit in units of the divisor, rounded up; without a limit, what the machine has.
    ///
    /// `container` is whose it is when the reference names none. Source: kubelet, `ExtractContainerResourceValue`.
    func text(_ reference: ResourceFieldSelector, container: String? = nil) throws(Failure) -> String {
        let name = reference.containerName.flatMap { $0.isEmpty ? nil : $0 } ?? container ?? ""
        guard let target = pod.podContainers.first(where: { $0.container.name == name })?.container else {
            throw Failure(part: "containerName", description: "container \(name) not found")
        }
        let parts = reference.resource.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0] == "limits" || parts[0] == "requests" else {
            throw Failure(part: "resource", description: "unsupported container resource : \(reference.resource)")
        }
        let limit = target.resources.limits?[parts[1]]
        let written = parts[0] == "limits" ? limit : target.resources.requests?[parts[1]] ?? limit
        let divisor = reference.divisor.flatMap { $0.isZero ? nil : $0 } ?? Quantity(1)
        let isProcessors = parts[1] == "cpu"
        func amount(_ quantity: Quantity) -> Int64 { isProcessors ? quantity.milliValue : quantity.value }
        let total: Int64
        if let written {
            total = amount(written)
        } else if parts[0] == "requests" {
            total = 0
        } else {
            switch parts[1] {
            case "cpu": total = Int64(processors) * 1000
            case "memory": total = memory.count
            default:
                throw Failure(
                    part: "resource",
                    description: "\(name) has no \(reference.resource), and this machine sets no bound",
                    isAboutMachine: true)
            }
        }
        let unit = max(amount(divisor), 1)
        return String(total / unit + (total % unit > 0 ? 1 : 0))
    }
}
