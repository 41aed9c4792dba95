// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime

/// Everything that Holdfast does with pods and the objects around them, from the state on disk alone.
///
/// There is no process of its own behind it: any number of commands may act at once, and each finds the state that the
/// last one left, however that one ended.
package struct Engine: Sendable {
    /// Of Holdfast as a whole.
    package static let version = Version.current

    package let root: StateRoot
    let pods: PodStore
    let objects: ObjectStore

    /// What `HOLDFAST_RUNTIME` says; nil: `holdfast-runtime` beside the calling program.
    private let runtimePath: String?

    package init(root: StateRoot, runtimePath: String? = nil) {
        self.root = root
        self.runtimePath = runtimePath
        pods = PodStore(root: root)
        objects = ObjectStore(root: root)
    }

    /// The absolute path of `holdfast-runtime`.
    func runtime() throws(EngineError) -> String { try ShimStart.find(environment: runtimePath) }
}
