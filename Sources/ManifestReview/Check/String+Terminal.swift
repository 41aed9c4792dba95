// SPDX-License-Identifier: Apache-2.0

extension String {
    /// With blanks before it.
    func padded(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

    /// With the escapes of what could act on a terminal: control characters but for the tab, line ends, marks of direction.
    package var printable: String {
        guard unicodeScalars.contains(where: Self.acts) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            text += Self.acts(scalar) ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        return text
    }

    private static func acts(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09: false
        case 0x00..<0x20, 0x7f...0x9f: true
        case 0x061c, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff, 0xfff9...0xfffb, 0xe0000...0xe007f:
            scalar.value != 0x200d
        default: false
        }
    }

    /// As much room on a terminal, with nothing in it.
    var blank: String {
        var text = ""
        for scalar in unicodeScalars {
            text += scalar == "\t" ? "\t" : String(repeating: " ", count: Self.columns(of: scalar))
        }
        return text
    }

    /// How many columns a terminal gives a character.
    ///
    /// Source: Unicode Standard Annex 11, classes W and F; marks that join the character before them have none.
    private static func columns(of scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case ..<0x300: return scalar.value == 0xad ? 0 : 1
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x4dbf, 0x4e00...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3,
            0xf900...0xfaff, 0xfe30...0xfe6f, 0xff01...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18df2, 0x1b000...0x1b2fb,
            0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
            // The tones and colours that change the character before them.
            return (0x302a...0x302d).contains(scalar.value) || (0x1f3fb...0x1f3ff).contains(scalar.value) ? 0 : 2
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return scalar.properties.isEmojiPresentation ? 2 : 1
        }
    }
}
