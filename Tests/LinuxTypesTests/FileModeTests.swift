// SPDX-License-Identifier: Apache-2.0
import LinuxTypes
import Testing

@Suite("File modes") struct FileModeTests {
    @Test(
        "a mode reads as chmod and ls write it",
        arguments: [
            (0, "0000", "----------"),
            (0o7, "0007", "-------rwx"),
            (0o644, "0644", "-rw-r--r--"),
            (0o1777, "01777", "-rwxrwxrwt"),
            (0o2770, "02770", "-rwxrws---"),
            (0o4755, "04755", "-rwsr-xr-x"),
            (0o7000, "07000", "---S--S--T"),
        ] as [(UInt32, String, String)])
    func notation(mode: UInt32, octal: String, symbolic: String) {
        #expect(FileMode.octal(mode) == octal)
        #expect(FileMode.symbolic(mode, isFolder: false) == symbolic)
        #expect(FileMode.symbolic(mode, isFolder: true) == "d" + symbolic.dropFirst())
    }
}
