// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Threads that share one piece of work.
///
/// A process that has used them may go on to start programs, but must not fork: the C library's locks may be held by a
/// thread that the child does not have. Source: pthreads(7).
package enum Threads {
    /// How many processors the machine has running.
    ///
    /// Source: sysconf(3), `_SC_NPROCESSORS_ONLN`.
    package static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Calls `body` in the caller and in up to `count` - 1 other threads, and returns when all calls have.
    ///
    /// With fewer threads, where the system gives no more, the work takes longer and is the same.
    package static func share(_ count: Int, _ body: @Sendable () -> Void) {
        withoutActuallyEscaping(body) { body in
            var threads: [pthread_t] = []
            for _ in 1..<max(1, count) {
                var thread = pthread_t()
                let start = unsafe Unmanaged.passRetained(Start(body))
                let failure = unsafe pthread_create(
                    &thread, nil,
                    { argument in
                        unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue().body()
                        return nil
                    }, start.toOpaque())
                if failure != 0 {
                    unsafe start.release()
                    break
                }
                threads.append(thread)
            }
            body()
            // Each was started here and is joined once, so that joining cannot fail.
            for thread in threads { _ = pthread_join(thread, nil) }
        }
    }

    private final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// A count that threads wait on.
///
/// Unchecked: the C library guards what the pointer names, which lives exactly as long as the object.
/// Source: sem_overview(7).
@safe package final class Semaphore: @unchecked Sendable {
    private let raw: UnsafeMutablePointer<sem_t>

    package init() {
        unsafe raw = .allocate(capacity: 1)
        unsafe raw.initialize(to: sem_t())
        // It fails for counts and kinds that are not asked for here.
        _ = unsafe sem_init(raw, 0, 0)
    }

    deinit {
        _ = unsafe sem_destroy(raw)
        unsafe raw.deallocate()
    }

    /// Lets one wait pass, now or later.
    package func signal() { _ = unsafe sem_post(raw) }

    package func wait() {
        while unsafe sem_wait(raw) != 0 {}  // EINTR
    }
}
