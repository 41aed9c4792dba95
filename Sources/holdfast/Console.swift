// SPDX-License-Identifier: Apache-2.0
import LinuxKernel
import PodEngine

/// The program's standard output and standard error.
enum Console {
    static func write(_ text: String) throws(EngineError) { try write(Array(text.utf8)) }

    static func print(_ line: String) throws(EngineError) { try write(line + "\n") }

    static func write(_ bytes: [UInt8], to stream: Int32 = 1) throws(EngineError) {
        do { try File.write(bytes, to: stream, subject: stream == 1 ? "standard output" : "standard error") } catch {
            throw .failed("\(error)")
        }
    }

    /// For a person beside the output that was asked for.
    static func note(_ line: String) throws(EngineError) { try write(Array((line + "\n").utf8), to: 2) }

    /// Whether a person watches standard error.
    static var isWatched: Bool { Terminal.isTerminal(2) }

    /// Whether standard output takes colours: a terminal, unless the environment says otherwise.
    ///
    /// Source: no-color.org: `NO_COLOR`, when it is not empty.
    static var hasColours: Bool {
        Terminal.isTerminal(1) && (Environment.value("NO_COLOR") ?? "").isEmpty && Environment.value("TERM") != "dumb"
    }

    static func exit(_ code: Int32) -> Never { Process.exit(code) }

    static func fail(_ message: String, code: Int32) -> Never {
        // Where standard error is closed too, the exit code is all there is to tell it by.
        do { try note(message) } catch {}
        exit(code)
    }

    static func end(printing text: String) -> Never {
        do { try print(text) } catch { fail(error.description, code: 1) }
        exit(0)
    }
}
