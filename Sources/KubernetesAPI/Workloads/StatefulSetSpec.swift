// SPDX-License-Identifier: Apache-2.0

/// What a StatefulSet is asked to keep running.
package struct StatefulSetSpec: Codable, Hashable, Sendable {
    package var replicas: Int32?
    package var selector: LabelSelector?
    package var template = PodTemplateSpec()
    package var volumeClaimTemplates: [PersistentVolumeClaim]?
    package var serviceName: String?
    /// `OrderedReady` or `Parallel`.
    package var podManagementPolicy: String?
    package var updateStrategy = UpdateStrategy()
    package var revisionHistoryLimit: Int32?
    /// Seconds.
    package var minReadySeconds: Int32 = 0
    package var persistentVolumeClaimRetentionPolicy: RetentionPolicy?
    package var ordinals: Ordinals?

    /// How pods give way to those of a new template.
    package struct UpdateStrategy: Codable, Hashable, Sendable {
        /// `RollingUpdate` or `OnDelete`.
        package var type: String?
        package var rollingUpdate: RollingUpdate?
    }

    /// Which pods are replaced, and how many may be missing meanwhile.
    package struct RollingUpdate: Codable, Hashable, Sendable {
        package var partition: Int32?
        package var maxUnavailable: IntOrString?
    }

    /// What becomes of the claims: `Retain` or `Delete`.
    package struct RetentionPolicy: Codable, Hashable, Sendable {
        package var whenDeleted: String?
        package var whenScaled: String?
    }

    /// The number of the first pod.
    package struct Ordinals: Codable, Hashable, Sendable {
        package var start: Int32 = 0
    }
}

extension StatefulSetSpec {
    /// The names of the claims' templates, each once, in the order of the file.
    var claimNames: [String] {
        var names: Set<String> = []
        return (volumeClaimTemplates ?? []).map { $0.metadata.name ?? "" }.filter { names.insert($0).inserted }
    }

    /// The volumes of a pod: those of its claims, then those of the template that no claim takes the place of.
    ///
    /// What is given makes a claim's name of its template's.
    func volumes(claim: (String) -> String) -> [Volume]? {
        let names = claimNames
        guard !names.isEmpty else { return template.spec.volumes }
        let claims = names.map { name in
            var volume = Volume(name: name)
            volume.persistentVolumeClaim = PersistentVolumeClaimVolumeSource(claimName: claim(name))
            return volume
        }
        return claims + keptVolumes(names).map(\.element)
    }

    /// The template's volumes that keep their place, and where they stand there.
    func keptVolumes(_ claims: [String]) -> [(offset: Int, element: Volume)] {
        let claims = Set(claims)
        return (template.spec.volumes ?? []).enumerated().filter { !claims.contains($0.element.name) }
    }
}
