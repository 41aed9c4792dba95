// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import ImageStore
import KubernetesAPI
import LinuxKernel
import LinuxTypes

/// Finds a container's image by its pull policy, in the kubelet's words.
struct ImagePreparation {
    let store: ImageStore
    let mode: PodPreparation.Mode
    let container: Container
    /// What the container waited for when the plan was written last.
    let earlier: Waiting?
    let onEvent: (_ severity: PodEvent.Severity, _ reason: String, _ message: String) -> Void

    enum Outcome {
        case image(StoredImage)
        /// It never comes: the name is none.
        case refused(Waiting)
        case pending(Waiting)
    }

    private var name: String { container.image ?? "" }

    func find() throws(PreparationError) -> Outcome {
        let reference: ImageReference
        do { reference = try ImageReference(name) } catch {
            let message = "Failed to apply default image tag \"\(name)\": \(error)"
            onEvent(.warning, "InspectFailed", message)
            onEvent(.warning, "Failed", "Error: InvalidImageName")
            return .refused(Waiting(reason: "InvalidImageName", message: message))
        }
        let present: StoredImage?
        do { present = try store.find(reference) } catch {
            throw PreparationError("looking for image \(name): \(error)")
        }
        if let present, policy(reference) != .always || !present.isPulled {
            onEvent(.normal, "Pulled", "Container image \"\(name)\" already present on machine")
            return .image(present)
        }
        if policy(reference) == .never {
            let message = "Container image \"\(name)\" is not present with pull policy of Never"
            onEvent(.warning, "ErrImageNeverPull", message)
            onEvent(.warning, "Failed", "Error: ErrImageNeverPull")
            return .pending(Waiting(reason: "ErrImageNeverPull", message: message))
        }
        guard mode == .full else { return .pending(Waiting(reason: "ContainerCreating")) }
        return pull(reference)
    }

    private enum Policy { case always, ifNotPresent, never }

    /// As the API server fills it in where it is not written: Always for the tag `latest`.
    private func policy(_ reference: ImageReference) -> Policy {
        switch container.imagePullPolicy ?? "" {
        case "Always": .always
        case "Never": .never
        case "IfNotPresent": .ifNotPresent
        default: reference.version == .tag("latest") ? .always : .ifNotPresent
        }
    }

    private func pull(_ reference: ImageReference) -> Outcome {
        onEvent(.normal, "Pulling", "Pulling image \"\(name)\"")
        let start = Clock.realtime
        do {
            let image = try store.pull(reference)
            let seconds = Double((Clock.realtime - start) / 1_000_000) / 1000
            onEvent(
                .normal, "Pulled",
                "Successfully pulled image \"\(name)\" in \(seconds)s (\(seconds)s including waiting). "
                    + "Image size: \(image.size.count) bytes.")
            return .image(image)
        } catch {
            onEvent(.warning, "Failed", "Failed to pull image \"\(name)\": \(error)")
            onEvent(.warning, "Failed", "Error: ErrImagePull")
            let failed = ["ErrImagePull", "ImagePullBackOff"].contains(earlier?.reason)
            guard failed else { return .pending(Waiting(reason: "ErrImagePull", message: error.description)) }
            onEvent(.normal, "BackOff", "Back-off pulling image \"\(name)\"")
            return .pending(
                Waiting(
                    reason: "ImagePullBackOff",
                    message: "Back-off pulling image \"\(name)\": ErrImagePull: \(error)"))
        }
    }
}
