// SPDX-License-Identifier: Apache-2.0

extension Validation {
    /// A user namespace of the pod's own goes with none of the host's namespaces.
    ///
    /// Two of the fields are written with a capital letter: so the server writes them.
    mutating func userNamespace(_ spec: PodSpec) {
        guard spec.hostUsers == false else { return }
        let problem = "when `hostUsers` is false"
        if spec.hostNetwork == true { forbidden("hostNetwork", problem) }
        if spec.hostPID == true { forbidden("HostPID", problem) }
        if spec.hostIPC == true { forbidden("HostIPC", problem) }
        eachContainer(spec) { validation, container in
            if !(container.volumeDevices ?? []).isEmpty { validation.forbidden("volumeDevices", problem) }
        }
    }
}
