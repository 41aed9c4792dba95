// SPDX-License-Identifier: Apache-2.0
import LinuxTypes

/// What a container's process is once execve(2) has started its program: a set-user-ID bit or file capabilities of the
/// program change it, unless no_new_privs is set.
///
/// Source: capabilities(7), "Transformation of capabilities during execve()"; execve(2).
package struct Execution: Hashable, Sendable {
    package private(set) var effectiveUID: UInt32
    package private(set) var effectiveGID: UInt32
    package private(set) var sets: CapabilitySets
    /// The file whose bits do it: of a script its interpreter; nil where the program is not known.
    package let path: String?

    /// A program that is not known is taken for one without such bits.
    init(of file: FileFacts?, at path: String?, in context: EffectiveSecurityContext) {
        self.path = path
        let uid = context.uid.value
        effectiveUID = uid
        effectiveGID = context.gid.value
        sets = context.capabilitySets
        guard let file, file.kind == .regular, !context.noNewPrivileges.value else { return }
        if file.isSetUserID { effectiveUID = file.uid }
        // Without the execute bit of the group the bit means mandatory locking.
        if file.mode & 0o2010 == 0o2010 { effectiveGID = file.gid }
        let bounding = sets.bounding
        if uid == 0 || effectiveUID == 0 {
            // Root's program has all capabilities of the bounding set, whatever the file says.
            sets = CapabilitySets(
                inheritable: sets.inheritable, permitted: bounding, effective: effectiveUID == 0 ? bounding : [],
                bounding: bounding, ambient: effectiveUID == uid ? sets.ambient : [])
        } else if let own = file.capabilities {
            let permitted = own.permitted.intersection(bounding).union(own.inheritable.intersection(sets.inheritable))
            sets = CapabilitySets(
                inheritable: sets.inheritable, permitted: permitted, effective: own.isEffective ? permitted : [],
                bounding: bounding, ambient: [])
        }
    }
}
