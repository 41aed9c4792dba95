// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// What a container's earlier run has written.
extension Shim {
    /// Takes a tree away at once; a process of its own removes it, since a million files must not keep the pod waiting.
    ///
    /// What it leaves when it is killed goes with the pod's folder.
    func discard(_ path: String) throws {
        guard try File.exists(path) else { return }
        let old = "\(path).old-\(Clock.monotonic)"
        try File.rename(path, to: old)
        switch try Process.fork() {
        case .parent(_, let descriptor):
            let child = try descriptor.duplicate().release()
            var token: EventLoop.Token?
            token = try loop.add(child) { [unowned self] _ in
                guard let exit = try Process.poll(child) else { return }
                if let token { try self.loop.remove(token) }
                _ = OwnedDescriptor(taking: child)
                guard exit != .exited(code: 0) else { return }
                self.record(.warning, "FailedRemoval", "\(old) could not be removed; it goes with the pod")
            }
        case .child:
            do {
                try Process.setParentDeathSignal(Signal.kill)
                // No stream, socket or terminal of the pod's stays open for it.
                try Descriptors.closeAll(from: 3, except: [])
                try File.removeTree(old)
                Process.exit(0)
            } catch { Process.exit(1) }
        }
    }
}
