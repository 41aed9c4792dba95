// SPDX-License-Identifier: Apache-2.0

extension Validation {
    mutating func ports(_ ports: [ContainerPort]?) {
        var names: Set<String> = []
        each("ports", ports) { validation, port in
            if let name = port.name, !name.isEmpty {
                let problems = NameRules.portName(name)
                validation.invalid("name", name, each: problems)
                if problems.isEmpty, !names.insert(name).inserted { validation.duplicate("name", name) }
            }
            if port.containerPort == 0 {
                validation.required("containerPort")
            } else {
                validation.portNumber("containerPort", port.containerPort)
            }
            if let hostPort = port.hostPort, hostPort != 0 { validation.portNumber("hostPort", hostPort) }
            let transport = port.protocol ?? ""
            if transport.isEmpty {
                validation.required("protocol")
            } else if !["SCTP", "TCP", "UDP"].contains(transport) {
                validation.unsupported("protocol", transport, supported: ["SCTP", "TCP", "UDP"])
            }
        }
    }

    mutating func portNumber(_ field: String, _ number: Int32) {
        for problem in NameRules.portNumber(number) { invalid(field, .int(Int64(number)), problem) }
    }

    mutating func port(_ field: String, _ port: IntOrString) {
        switch port {
        case .int(let number): portNumber(field, number)
        case .string(let name): invalid(field, name, each: NameRules.portName(name))
        }
    }

    mutating func hostPortsDoNotCollide(_ containers: [Container]) {
        var taken: Set<String> = []
        eachElement(containers) { validation, container in
            validation.each("ports", container.ports) { validation, port in
                guard let hostPort = port.hostPort, hostPort != 0 else { return }
                let place = "\(port.protocol ?? "")/\(port.hostIP ?? "")/\(hostPort)"
                if !taken.insert(place).inserted { validation.duplicate("hostPort", place) }
            }
        }
    }

    /// With the host's network, a container's port is the host's; in a template it may still be unsaid.
    mutating func hostPortsMatch(_ spec: PodSpec, isTemplate: Bool) {
        guard spec.hostNetwork == true else { return }
        each("containers", spec.containers) { validation, container in
            validation.each("ports", container.ports) { validation, port in
                let hostPort = port.hostPort ?? 0
                guard hostPort != port.containerPort, !(isTemplate && hostPort == 0) else { return }
                validation.invalid(
                    "hostPort", .int(Int64(hostPort)), "must match `containerPort` when `hostNetwork` is true")
            }
        }
    }
}
