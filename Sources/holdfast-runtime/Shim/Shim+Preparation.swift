// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// The call of the prepare command while an image is to be pulled, or a volume to come.
final class Preparation {
    let child: Int32
    /// Containers were added when it began.
    let adds: Bool
    var token: EventLoop.Token?

    /// The child is given by a pidfd, which is owned from now on.
    init(child: Int32, adds: Bool = false) {
        self.child = child
        self.adds = adds
    }

    deinit { _ = OwnedDescriptor(taking: child) }
}

extension Shim {
    private var isPending: Bool {
        plan.waiting != nil || containersWereAdded
            || containers.contains { container in
                if case .pending = container.plan.readiness { return true }
                return false
            }
    }

    /// Calls the prepare command, one at a time; it writes the plan anew.
    func prepareIfNeeded() throws {
        guard isPending, preparation == nil, !preparationIsScheduled else { return }
        preparationIsScheduled = true
        loop.after(nanoseconds: preparationBackOff * 1_000_000_000) { [unowned self] in
            self.preparationIsScheduled = false
            if self.stopping == nil { try self.startPreparation() }
        }
    }

    /// Containers were added: what they need is prepared at once, whatever the others wait for.
    func prepareAddedContainers() throws {
        containersWereAdded = true
        if stopping == nil, preparation == nil { try startPreparation() }
    }

    private func startPreparation() throws {
        guard isPending, preparation == nil else { return }
        let adds = containersWereAdded
        containersWereAdded = false
        let null = try File.open("/dev/null", [.readOnly])
        var command = Command(
            plan.prepareCommand[0], Array(plan.prepareCommand.dropFirst()), environment: environment)
        command.diesWithCaller = true
        let child = try command.start(descriptors: [null.raw, 2, 2])
        let preparation = Preparation(child: try child.descriptor.duplicate().release(), adds: adds)
        self.preparation = preparation
        preparation.token = try loop.add(preparation.child) { [unowned self] _ in try self.prepared(preparation) }
    }

    /// Kubernetes waits 10 s after the first failure of a pull, doubled up to 5 minutes; mounts begin with half a second.
    private func prepared(_ preparation: Preparation) throws {
        guard let exit = try Process.poll(preparation.child) else { return }
        if let token = preparation.token { try loop.remove(token) }
        self.preparation = nil
        preparationBackOff = preparationBackOff == 0 ? (plan.waiting == nil ? 10 : 1) : min(300, preparationBackOff * 2)
        guard exit == .exited(code: 0) else {
            if preparation.adds { containersWereAdded = true }
            record(
                .warning, "Failed", "the prepare command ended with \(exit.shellCode); see shim.log in the pod's folder"
            )
            return
        }
        let new = try JSONFile.read(SandboxPlan.self, from: plan.podFolder + "/plan.json")
        plan.memoryVolumes = new.memoryVolumes
        plan.imageVolumes = new.imageVolumes
        plan.sharedFolders = new.sharedFolders
        try sandbox?.mountVolumes(of: plan)
        plan.waiting = new.waiting
        for container in containers {
            guard case .pending = container.plan.readiness,
                let found = new.containers.first(where: { $0.name == container.plan.name })
            else { continue }
            container.plan = found
            container.status.state = ContainerRun(found).status.state
        }
        for added in new.containers
        where added.kind == .ephemeral && !containers.contains(where: { $0.plan.name == added.name }) {
            containers.append(ContainerRun(added))
        }
        if !isPending { preparationBackOff = 0 }
    }
}
