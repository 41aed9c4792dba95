// SPDX-License-Identifier: Apache-2.0
import ImageStore
import LinuxKernel
import OCISpec
package import SecurityPolicy
import Synchronization

extension Engine {
    /// Whether this user may read the images of this machine: they are root's.
    package func canReadImages() throws(EngineError) -> Bool {
        do {
            _ = try File.open(ImageStore(folder: root.images).indexPath, [.readOnly]).raw
            return true
        } catch  where error.errno == .noEntry {
            return true
        } catch  where error.errno == .accessDenied {
            return false
        } catch {
            throw .system(error, "cannot read the images")
        }
    }

    /// What reviews ask of the images that are here, each looked up once.
    package func imageLookup() -> @Sendable (String) throws(EngineError) -> ImageFacts? {
        let known = KnownFacts()
        let store = ImageStore(folder: root.images)
        return { reference throws(EngineError) in
            if let facts = known.find(reference) { return facts }
            let facts: ImageFacts?
            do { facts = try Self.facts(reference, store) } catch {
                throw .failed("cannot look into image \"\(reference)\": \(error)")
            }
            known.add(facts, reference)
            return facts
        }
    }

    private static func facts(_ text: String, _ store: ImageStore) throws(ImageError) -> ImageFacts? {
        // What is no reference cannot be here; whoever runs it is told by the runtime.
        guard let reference = try? ImageReference(text), let image = try store.find(reference) else { return nil }
        let tree = try store.tree(of: image)
        let identity = try store.identityFiles(of: image)
        let defaults = image.config.config ?? ImageConfig.Defaults()
        var facts = ImageFacts(
            reference: text,
            identity: ImageIdentity(
                user: defaults.User ?? "", database: UserDatabase(passwd: identity.passwd, group: identity.group)),
            files: StoredFiles(tree: tree))
        facts.entrypoint = defaults.Entrypoint ?? []
        facts.command = defaults.Cmd ?? []
        facts.environment = defaults.Env ?? []
        facts.workingFolder = defaults.WorkingDir ?? ""
        facts.volumes = (defaults.Volumes ?? [:]).keys.sorted()
        facts.exposedPorts = (defaults.ExposedPorts ?? [:]).keys.sorted()
        return facts
    }

    /// By reference; nil for one that is not here.
    private final class KnownFacts: Sendable {
        private let facts = Mutex<[String: ImageFacts?]>([:])
        func find(_ reference: String) -> ImageFacts?? { facts.withLock { $0[reference] } }
        func add(_ known: ImageFacts?, _ reference: String) { facts.withLock { $0[reference] = .some(known) } }
    }
}

/// The files of an image of the store.
private struct StoredFiles: ImageFiles {
    let tree: ImageTree

    func file(_ path: String) throws -> FileFacts? {
        switch try tree.find(path) {
        case nil: return nil
        case .folder(let status):
            return FileFacts(kind: .folder, uid: status.uid, gid: status.gid, mode: status.permissions)
        case .file(let status):
            let isRegular = status.kind == .regular
            let attribute = isRegular ? try tree.attribute("security.capability", of: path) : nil
            return FileFacts(
                kind: isRegular ? .regular : .other, uid: status.uid, gid: status.gid, mode: status.permissions,
                capabilities: attribute.flatMap(FileCapabilities.init(attribute:)))
        }
    }

    func start(of path: String, count: Int) throws -> [UInt8]? { try tree.start(of: path, count: count) }
    func names(in folder: String) throws -> [String]? { try tree.names(in: folder) }
}
