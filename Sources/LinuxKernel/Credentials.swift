// SPDX-License-Identifier: Apache-2.0
import CLinux
package import LinuxTypes

/// The bounding set of the calling thread: the most it can ever hold again.
package enum BoundingSet {
    /// Drops one capability for good, for this thread and for all that it executes.
    ///
    /// Call it before the user changes: it needs `CAP_SETPCAP` in the effective set, and leaving
    /// uid 0 clears that set. Source: capabilities(7).
    package static func drop(_ number: UInt32) throws(SyscallError) {
        try check(clinux_bounding_drop(number), "prctl(PR_CAPBSET_DROP)", on: "capability \(number)")
    }

    /// Drops all that the kernel knows but for `kept`, and asks the kernel whether it is so.
    ///
    /// A kept capability that was not in the set cannot be given back: that is an error, not a smaller grant.
    package static func restrict(to kept: CapabilitySet) throws(SyscallError) {
        for number in UInt32(0)..<64 {
            let held: Int32
            do throws(SyscallError) {
                held = try check(clinux_bounding_read(number), "prctl(PR_CAPBSET_READ)", on: "capability \(number)")
            } catch {
                // Past the kernel's last capability, where nothing is wanted. One that has a name is there since Linux 5.9:
                // an answer that says otherwise would hide what must be dropped.
                let isPastLast = !CapabilitySet.all.contains(CapabilitySet(number: number))
                guard error.errno == .invalid, isPastLast, kept.rawValue >> UInt64(number) == 0 else { throw error }
                break
            }
            let wanted = kept.contains(CapabilitySet(number: number))
            if held == 1 && !wanted { try drop(number) }
            if held == 0 && wanted {
                throw SyscallError(
                    call: "prctl(PR_CAPBSET_READ)", subject: "capability \(number)", errno: .notPermitted,
                    detail: "not in the bounding set of this machine")
            }
        }
    }

    /// The set as it is now.
    package static func current() -> CapabilitySet {
        var set: CapabilitySet = []
        for number in UInt32(0)..<64 {
            let held = clinux_bounding_read(number)
            if held < 0 { break }
            if held == 1 { set.insert(CapabilitySet(number: number)) }
        }
        return set
    }
}

/// The capability sets of the calling thread.
///
/// Source: capabilities(7), capget(2).
package struct ThreadCapabilities: Hashable, Sendable {
    package let effective: CapabilitySet
    package let permitted: CapabilitySet
    package let inheritable: CapabilitySet

    package init(effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet) {
        self.effective = effective
        self.permitted = permitted
        self.inheritable = inheritable
    }

    /// Reads the calling thread's sets.
    package static func current() throws(SyscallError) -> Self {
        var effective: UInt64 = 0
        var permitted: UInt64 = 0
        var inheritable: UInt64 = 0
        try check(
            unsafe clinux_capabilities_get(&effective, &permitted, &inheritable), "capget", on: "the calling thread")
        return Self(
            effective: CapabilitySet(rawValue: effective), permitted: CapabilitySet(rawValue: permitted),
            inheritable: CapabilitySet(rawValue: inheritable))
    }

    /// Makes the calling thread's sets these.
    ///
    /// Permitted can only shrink.
    package func apply() throws(SyscallError) {
        try check(
            clinux_capabilities_set(effective.rawValue, permitted.rawValue, inheritable.rawValue), "capset",
            on: "effective \(effective), permitted \(permitted), inheritable \(inheritable)")
    }

    /// Empties the ambient set.
    ///
    /// Source: prctl(2), `PR_CAP_AMBIENT_CLEAR_ALL`.
    package static func clearAmbient() throws(SyscallError) {
        try check(clinux_ambient_clear(), "prctl(PR_CAP_AMBIENT_CLEAR_ALL)", on: "the calling thread")
    }

    /// Whether a change away from uid 0 keeps the permitted set; execve(2) resets it.
    package static func keepAcrossUserChange(_ keep: Bool) throws(SyscallError) {
        try check(clinux_set_keep_caps(keep ? 1 : 0), "prctl(PR_SET_KEEPCAPS)", on: keep ? "1" : "0")
    }
}

/// The user and groups of the calling thread; a single-threaded process as a whole.
package enum Identity {
    /// Replaces the supplementary groups; an empty list leaves none.
    ///
    /// Source: setgroups(2).
    package static func setGroups(_ groups: [UInt32]) throws(SyscallError) {
        try check(unsafe clinux_setgroups(groups.count, groups), "setgroups", on: "\(groups)")
    }

    /// Sets real, effective and saved group id.
    ///
    /// Source: setresgid(2).
    package static func setGroup(_ gid: UInt32) throws(SyscallError) {
        try check(clinux_setresgid(gid), "setresgid", on: "gid \(gid)")
    }

    /// Sets real, effective and saved user id.
    ///
    /// Source: setresuid(2).
    package static func setUser(_ uid: UInt32) throws(SyscallError) {
        try check(clinux_setresuid(uid), "setresuid", on: "uid \(uid)")
    }

    /// Asks the kernel whether the caller is this user with these groups and nobody else, and keeps no special rights of uid 0.
    ///
    /// setresuid(2) takes 4294967295 for "as it is" and succeeds; securebits(7) would change what uid 0 means.
    package static func verify(user: UInt32, group: UInt32, groups: [UInt32]) throws(SyscallError) {
        var ids = [UInt32](repeating: 0, count: 6)
        try check(unsafe clinux_ids(&ids), "getresuid", on: "the calling thread")
        guard ids == [user, user, user, group, group, group] else {
            throw SyscallError(
                call: "getresuid", subject: "uid \(user), gid \(group)", errno: .invalid, detail: "is \(ids)")
        }
        let count = Int(try check(clinux_getgroups(0, nil), "getgroups", on: "the calling thread"))
        var held = [UInt32](repeating: 0, count: count)
        try check(unsafe clinux_getgroups(count, &held), "getgroups", on: "the calling thread")
        guard Set(held) == Set(groups) else {
            throw SyscallError(call: "getgroups", subject: "\(groups)", errno: .invalid, detail: "is \(held)")
        }
        let bits = try check(clinux_securebits(), "prctl(PR_GET_SECUREBITS)", on: "the calling thread")
        guard bits == 0 else {
            throw SyscallError(call: "prctl(PR_GET_SECUREBITS)", subject: "0", errno: .invalid, detail: "is \(bits)")
        }
    }
}
