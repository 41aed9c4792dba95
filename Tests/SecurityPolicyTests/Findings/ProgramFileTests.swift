// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SecurityPolicy

@Suite("What the kernel reads of a program")
struct ProgramFileTests {
    @Test(
        "the first line of a script names its interpreter",
        arguments: [
            ("#!/bin/sh\nexit", "/bin/sh"), ("#! \t/bin/sh -e x\n", "/bin/sh"), ("#!/bin/sh", "/bin/sh"),
            ("#!/usr/bin/env\tnode\n", "/usr/bin/env"), ("#!bin/sh\n", "bin/sh"),
            // The kernel takes the carriage return for a part of the name.
            ("#!/bin/sh\r\nexit\r\n", "/bin/sh\r"), ("#!/bin/sh -e\r\n", "/bin/sh"),
        ])
    func script(text: String, interpreter: String) {
        #expect(ProgramFile(head: Array(text.utf8)) == .script(interpreter))
    }

    @Test(
        "what is neither a script nor ELF is unknown",
        arguments: ["", "#", "#!", "#!\n/bin/sh", "#! \t \n", "echo hello\n", "\u{7f}EL", "MZ", "\n#!/bin/sh\n"])
    func unknown(text: String) {
        #expect(ProgramFile(head: Array(text.utf8)) == .unknown)
    }

    @Test("only the first 256 bytes of a script are looked at")
    func longLine() {
        #expect(ProgramFile(head: Array(("#!" + String(repeating: " ", count: 300) + "/bin/sh\n").utf8)) == .unknown)
    }

    @Test("an ELF file names its loader, or needs none")
    func elf() {
        #expect(ProgramFile(head: ImageInMemory.elf(loader: "/lib/ld.so")) == .linked("/lib/ld.so"))
        #expect(ProgramFile(head: ImageInMemory.elf(loader: nil)) == .standalone)
    }

    @Test("an ELF file of 32 bits, the greatest byte first, is read as well")
    func elf32() {
        func big(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(value >> ($0 * 8) & 0xff) }
        }
        var bytes: [UInt8] = [0x7f] + Array("ELF".utf8) + [1, 2, 1] + Array(repeating: 0, count: 9)
        bytes += big(2, 2) + big(8, 2) + big(1, 4) + big(0, 4) + big(52, 4) + big(0, 8)  // up to e_flags
        bytes += big(52, 2) + big(32, 2) + big(2, 2) + big(0, 6)
        bytes += big(1, 4) + big(0, 28)  // PT_LOAD
        bytes += big(3, 4) + big(116, 4) + big(0, 8) + big(11, 4) + big(0, 12)
        #expect(ProgramFile(head: bytes + Array("/lib/ld.so".utf8) + [0]) == .linked("/lib/ld.so"))
    }

    /// Every byte of the header and the program header, with values that lead out of the file.
    static let spoilt: [(Int, UInt8)] = (4..<120).flatMap { place in [0, 1, 0x7f, 0xff].map { (place, $0) } }

    @Test("a spoilt ELF file names no loader but one of its own bytes", arguments: spoilt)
    func hostile(place: Int, value: UInt8) {
        var bytes = ImageInMemory.elf(loader: "/lib/ld.so")
        bytes[place] = value
        for count in [bytes.count, 100, 65, 20, 5] {
            switch ProgramFile(head: Array(bytes.prefix(count))) {
            case .linked(let loader): #expect(bytes.prefix(count).contains(Array(loader.utf8)))
            case .standalone, .unknown: break
            case .script: Issue.record("it is no script")
            }
        }
    }
}
