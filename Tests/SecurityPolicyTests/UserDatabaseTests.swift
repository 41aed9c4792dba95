// SPDX-License-Identifier: Apache-2.0
import SecurityPolicy
import Testing

@Suite("Users and groups of an image")
struct UserDatabaseTests {
    static func database(passwd: String = "", group: String = "") -> UserDatabase {
        UserDatabase(passwd: passwd.utf8, group: group.utf8)
    }

    @Test("an id is read as a number that never wraps and never becomes a name for being long")
    func numbers() {
        let expected: [(String, UserID.Number)] = [
            ("0", .valid(0)), ("1000", .valid(1000)), ("+7", .valid(7)), ("-0", .valid(0)), ("00012", .valid(12)),
            ("2147483647", .valid(2_147_483_647)),
            ("2147483648", .outOfRange("2147483648")), ("4294967296", .outOfRange("4294967296")),
            ("-1", .outOfRange("-1")),
            ("18446744073709551616", .outOfRange("18446744073709551616")),
            ("99999999999999999999999999999999", .outOfRange("99999999999999999999999999999999")),
            ("", .notANumber), ("-", .notANumber), ("1e3", .notANumber), ("0x10", .notANumber), ("app", .notANumber),
            (" 1", .notANumber), ("1_000", .notANumber), ("١", .notANumber),
        ]
        for (text, number) in expected { #expect(UserID.parse(text) == number, "\(text)") }
    }

    @Test(
        "a line whose ids are no ids is passed over, never read as root's",
        arguments: [
            "app:x:abc:1000::/:", "app:x::1000::/:", "app:x:4294967296:0::/:", "app:x:-1:0::/:", "app:x:1000:bogus::/:",
            "app", "app:x", ":", "# a comment", "app:x:2147483648:0::/:",
        ])
    func hostileLines(line: String) {
        let database = Self.database(passwd: line + "\nreal:x:1000:1000::/home/real:/bin/sh\n")
        #expect(database.users.map(\.name) == ["real"])
    }

    @Test("of two entries with one name or one uid the first counts")
    func firstCounts() {
        let database = Self.database(passwd: "a:x:5:50::/a:\nb:x:5:60::/b:\na:x:7:70::/c:")
        #expect(database.user(uid: 5)?.name == "a")
        #expect(database.user(named: "a")?.uid == 5)
        #expect(database.user(uid: 6) == nil)
    }

    @Test("blank space around a line and missing fields are tolerated")
    func tolerant() {
        let database = Self.database(passwd: "\n  a:x:5:50::/a:/bin/sh \r\n\n\tb:x:6\nc:x:7:")
        #expect(database.users.map(\.name) == ["a", "b", "c"])
        #expect(database.users.map(\.gid) == [50, 0, 0])
        #expect(database.users.map(\.home) == ["/a", "", ""])
    }

    @Test("a group of the user's own name is no supplementary one")
    func groups() {
        let database = Self.database(
            group: "app:x:1000:app\nstaff:x:50:app\nsecrets:x:50000:alice,app\nbad:x:-5:app\nnone:x:9:")
        #expect(database.groups(of: "app").map(\.gid) == [50, 50000])
        #expect(database.groups(of: "alice").map(\.gid) == [50000])
        #expect(database.groups(of: "").isEmpty)
    }

    @Test("bytes that are no text do not stop the reading")
    func garbage() {
        let database = UserDatabase(passwd: [0xff, 0xfe, 0x00, 0x0a] + Array("a:x:5:50::/a:".utf8), group: [])
        #expect(database.user(named: "a")?.uid == 5)
    }
}
