// SPDX-License-Identifier: Apache-2.0

/// What containers ask of a machine.
extension Container {
    /// What it asks for, or else what it may use at most.
    ///
    /// Source: Kubernetes, "Resource Management": a request that is left out is the limit.
    package func request(_ resource: String) -> Quantity? {
        resources.requests?[resource] ?? resources.limits?[resource]
    }
}

extension PodSpec {
    /// What the containers ask for together, sidecars among them, or an init container with the sidecars before it where
    /// that is more; nil when none asks.
    ///
    /// Source: the scheduler's PodRequests.
    package func containerRequests(_ resource: String) -> Quantity? {
        var running = Quantity(0)
        var highest = Quantity(0)
        var isAsked = false
        for container in initContainers ?? [] {
            guard let amount = container.request(resource) else { continue }
            isAsked = true
            if container.restartPolicy == "Always" {
                running = running + amount
                highest = max(highest, running)
            } else {
                highest = max(highest, running + amount)
            }
        }
        for container in containers {
            guard let amount = container.request(resource) else { continue }
            isAsked = true
            running = running + amount
        }
        return isAsked ? max(highest, running) : nil
    }
}
