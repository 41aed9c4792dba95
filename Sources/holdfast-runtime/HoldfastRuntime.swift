// SPDX-License-Identifier: Apache-2.0
import CSealedStart
import ContainerRuntime
import LinuxKernel

/// The container runtime: the OCI command line, and the shim of a pod.
///
/// Synchronous from here to execve(2): the process has one thread, which fork and namespaces need.
@main
enum HoldfastRuntime {
    static func main() {
        do {
            Process.exit(try run(Array(CommandLine.arguments.dropFirst())))
        } catch let error as RuntimeError {
            fail(error.description, code: error.exitCode)
        } catch let error as LaunchError {
            fail(error.description, code: error.shellCode)
        } catch {
            fail("\(error)", code: 1)
        }
    }

    private static func run(_ arguments: [String]) throws -> Int32 {
        switch arguments.first {
        case "shim":
            try SealedProgram.require()
            guard arguments.count == 2 else {
                throw RuntimeError("usage: holdfast-runtime shim POD_FOLDER", exitCode: 2)
            }
            return try ShimCommand.run(podFolder: arguments[1])
        default: return try OCICommand(arguments).run()
        }
    }

    private static func fail(_ message: String, code: Int32) -> Never {
        // Standard error is all there is to tell it to; when that fails the exit code still says it.
        do { try File.write(Array("holdfast-runtime: \(message)\n".utf8), to: 2, subject: "standard error") } catch {}
        Process.exit(code)
    }
}
