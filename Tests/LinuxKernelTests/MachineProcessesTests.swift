// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import LinuxTypes
import Testing

@Suite("The machine's procfs by descriptor")
struct MachineProcessesTests {
    @Test("a value is written for the caller, also once another /proc is in view")
    func writes() async {
        await #expect(processExitsWith: .success) {
            try Process.unshare([.mount])
            try Mount.setPropagation(.private, of: "/")
            let processes = try MachineProcesses.open()
            let other = try Mount.make("tmpfs")
            try Mount.attach(other.raw, toPath: "/proc")
            #expect(try File.exists("/proc/self") == false)
            try MachineProcesses.write("renamed", to: "comm", of: processes.raw)
            try Mount.detach("/proc")
            #expect(try File.readText("/proc/self/comm") == "renamed\n")
        }
    }

    @Test("what is not procfs, or not its root, is refused", arguments: ["tmpfs", "a folder of procfs"])
    func notProc(kind: String) async {
        await #expect(processExitsWith: .success) { [kind] in
            try Process.unshare([.mount])
            try Mount.setPropagation(.private, of: "/")
            let fake = kind == "tmpfs" ? try Mount.make("tmpfs") : try Mount.clone(File.here, path: "/proc/sys")
            try Mount.attach(fake.raw, toPath: "/proc")
            #expect(throws: SyscallError.self) { _ = try MachineProcesses.open() }
        }
    }

    @Test("a file that is mounted over one of procfs takes no value")
    func covered() async {
        await #expect(processExitsWith: .success) {
            try Process.unshare([.mount])
            try Mount.setPropagation(.private, of: "/")
            let processes = try MachineProcesses.open()
            let null = try File.open("/dev/null", [.path])
            let cover = try Mount.clone(null.raw)
            try Mount.attach(cover.raw, toPath: "/proc/\(Process.id)/comm")
            #expect(throws: SyscallError.self) {
                try MachineProcesses.write("renamed", to: "comm", of: processes.raw)
            }
        }
    }
}
