// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxKernel

/// An emptyDir of huge pages: how large one is.
///
/// Source: kubelet, `getPageSizeMountOption`; hugetlbpage.rst.
struct HugePages {
    /// `HugePages`, or with a size: `HugePages-2Mi`.
    let medium: String
    let pod: Pod

    /// Bytes: a size that a container asks for, and that this machine has.
    func pageSize() throws -> Int64 {
        let containers = (pod.spec.initContainers ?? []) + pod.spec.containers
        let asked = Set(
            containers.flatMap {
                ($0.resources.requests ?? [:]).merging($0.resources.limits ?? [:]) { one, _ in one }.keys
            }
            .filter { $0.hasPrefix("hugepages-") }.map { String($0.dropFirst("hugepages-".count)) })
        let sizes = Set(try asked.map { try Quantity($0).value })
        let size: Int64
        if medium == "HugePages" {
            guard sizes.count < 2 else {
                throw SetUpError("medium: \(medium) can't be used if container requests multiple huge page sizes")
            }
            guard let only = sizes.first else { throw notAsked }
            size = only
        } else {
            size = try Quantity(String(medium.dropFirst("HugePages-".count))).value
            guard sizes.contains(size) else { throw notAsked }
        }
        let folder = "/sys/kernel/mm/hugepages/hugepages-\(size >> 10)kB"
        guard try File.exists(folder) else {
            throw SetUpError("medium \(medium): this machine has no huge pages of \(size) bytes (\(folder))")
        }
        return size
    }

    private var notAsked: SetUpError {
        SetUpError("medium \(medium): hugePages storage requested, but there is no resource request for huge pages")
    }
}
