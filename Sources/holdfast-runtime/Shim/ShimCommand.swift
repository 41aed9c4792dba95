// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// `shim POD_FOLDER`: becomes the supervisor of one pod, in the background.
enum ShimCommand {
    /// Returns in the process that was called, once the sandbox stands; the shim itself goes on until the pod has ended.
    static func run(podFolder: String) throws -> Int32 {
        let plan = try JSONFile.read(SandboxPlan.self, from: podFolder + "/plan.json")
        let report = try Pipe()
        switch try Process.fork() {
        case .parent:
            // The child holds the other end until it is ready or has failed.
            let reader = report.takeReader()
            let answer = try File.readAll(reader.raw, limit: 1 << 16, subject: "the shim's report")
            if answer == [ready] { return 0 }
            throw RuntimeError(
                answer.isEmpty
                    ? "the shim of pod \(plan.name) ended before it was ready" : String(decoding: answer, as: UTF8.self)
            )
        case .child:
            supervise(plan, reportTo: report.takeWriter().release())
        }
    }

    private static let ready: UInt8 = 1

    private static func supervise(_ plan: SandboxPlan, reportTo report: Int32) -> Never {
        var isReady = false
        do {
            try Process.startSession()
            try Process.setName("holdfast-shim")
            try Process.changeFolder("/")
            try detachStreams(plan)
            let shim = try Shim(plan)
            // A caller that was killed meanwhile is not told; the pod was taken, and goes on.
            do { try File.write([ready], to: report, subject: "the report") } catch {}
            _ = OwnedDescriptor(taking: report)
            isReady = true
            try shim.run()
            Process.exit(0)
        } catch {
            // Before it was ready the caller tells the user; after that the pod's folder is where the next command looks.
            var text = "\(error)"
            do { try Cgroup(layout: try CgroupLayout.current(), path: plan.cgroupPath).remove() } catch {
                text += "; then \(error)"
            }
            do { try File.write(Array(text.utf8), to: isReady ? 2 : report, subject: "the report") } catch {}
            Process.exit(1)
        }
    }

    /// Nothing of the caller's stays open: its terminal must not wait for the pod.
    private static func detachStreams(_ plan: SandboxPlan) throws {
        let null = try File.open("/dev/null", [.readWrite])
        let log = try File.open(
            plan.podFolder + "/shim.log", [.writeOnly, .create, .append, .noFollow], mode: 0o600)
        try Descriptors.install(null.raw, as: 0)
        try Descriptors.install(null.raw, as: 1)
        try Descriptors.install(log.raw, as: 2)
    }
}
