// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// What is done again and again while the pod runs: its service account tokens are renewed before they end.
extension Shim {
    /// Calls the upkeep command after its time, and so on; one at a time.
    func scheduleUpkeep() {
        guard let upkeep = plan.upkeep else { return }
        loop.after(seconds: upkeep.seconds) { [unowned self] in
            guard self.stopping == nil else { return }
            do { try self.startUpkeep(upkeep) } catch {
                self.report(error)
                self.scheduleUpkeep()
            }
        }
    }

    private func startUpkeep(_ upkeep: SandboxPlan.Upkeep) throws {
        let null = try File.open("/dev/null", [.readOnly])
        var command = Command(upkeep.command[0], Array(upkeep.command.dropFirst()), environment: environment)
        command.diesWithCaller = true
        let child = try command.start(descriptors: [null.raw, 2, 2])
        let running = Preparation(child: try child.descriptor.duplicate().release())
        running.token = try loop.add(running.child) { [unowned self] _ in
            guard let exit = try Process.poll(running.child) else { return }
            if let token = running.token { try self.loop.remove(token) }
            if exit != .exited(code: 0) {
                self.record(
                    .warning, "FailedSync",
                    "the upkeep command ended with \(exit.shellCode); see shim.log in the pod's folder")
            }
            try self.evictIfAsked()
            self.scheduleUpkeep()
        }
    }

    /// The upkeep command leaves a message where the pod has taken more than it may.
    private func evictIfAsked() throws {
        let file = plan.podFolder + "/eviction"
        guard stopping == nil, try File.exists(file) else { return }
        let message = try File.readText(file)
        record(.warning, "Evicted", message)
        // Source: kubelet, `localStorageEviction`, which gives a second.
        stop(.init(reason: "Evicted", message: message, gracePeriod: 1))
    }
}
