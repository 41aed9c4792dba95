// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import Testing

@testable import ContainerRuntime

/// What the parent makes of the bytes that a new process writes, however they come together.
@Suite("The report of a new process")
struct LaunchReportTests {
    static let failure = LaunchError(step: .start, field: "process.args", message: "accept4 on descriptor 3: refused")

    @Test(
        "a failure is told with its step and field, also one that follows at once upon waiting",
        arguments: [[], [LaunchReport.waits]])
    func failure(first: [UInt8]) async {
        await #expect(processExitsWith: .success) { [first = first as [UInt8]] in
            let pipe = try LinuxKernel.Pipe()
            try File.write(
                first + LaunchReport.encode(Self.failure), to: pipe.writer.raw, subject: "the report")
            let process = try Self.process(reading: pipe.takeReader())
            guard case .pending = try process.advance() else {
                Issue.record("more may come")
                return
            }
            let error = #expect(throws: LaunchError.self) {
                guard case .failed(let error) = try process.advance() else { return }
                throw error
            }
            #expect(error == Self.failure)
        }
    }

    @Test("a process that waits is told of before anything else comes")
    func waits() async {
        await #expect(processExitsWith: .success) {
            let pipe = try LinuxKernel.Pipe()
            try File.write([LaunchReport.waits], to: pipe.writer.raw, subject: "the report")
            let process = try Self.process(reading: pipe.takeReader())
            guard case .waits = try process.advance(), case .started = try process.advance() else {
                Issue.record("it waits, and then it runs")
                return
            }
            try Process.signal(process.descriptor.raw, Signal.kill)
            _ = try Process.wait(process.descriptor.raw)
        }
    }

    /// A process of our own that writes nothing; the report ends behind what the pipe has.
    private static func process(reading report: consuming OwnedDescriptor) throws -> StartingProcess {
        guard case .parent(let pid, let descriptor) = try Process.fork() else {
            Clock.sleep(milliseconds: 60_000)
            Process.exit(0)
        }
        return StartingProcess(pid: pid, descriptor: descriptor, report: report)
    }
}
