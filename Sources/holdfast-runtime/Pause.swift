// SPDX-License-Identifier: Apache-2.0
import ContainerRuntime
import LinuxKernel

/// Process 1 of a PID namespace that a pod's containers share: it reaps orphans and does nothing else.
enum Pause {
    static func run() throws -> Int32 {
        let signals = try SignalQueue([Signal.child, Signal.terminate, Signal.interrupt])
        let events = try EventQueue()
        try events.add(signals.raw, token: 0)
        while true {
            _ = try events.wait(milliseconds: nil)
            while let signal = try signals.next() {
                if signal != Signal.child { return 0 }
                while try Process.reapAny() != nil {}
            }
        }
    }
}
