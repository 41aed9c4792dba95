// SPDX-License-Identifier: Apache-2.0
package import ContainerRuntime

/// What preparing a pod came to.
package struct PreparedPod: Hashable, Sendable {
    /// To be written as `plan.json`; each container that is `ready` has its `config.json` by now.
    package var plan: SandboxPlan
    /// To be added to `events.jsonl`.
    package var events: [PodEvent]

    package init(plan: SandboxPlan, events: [PodEvent] = []) {
        self.plan = plan
        self.events = events
    }

    /// Whether the prepare command has work left: an image to pull, a volume or an object to wait for.
    package var isPending: Bool {
        plan.waiting != nil
            || plan.containers.contains { container in
                if case .pending = container.readiness { true } else { false }
            }
    }
}
