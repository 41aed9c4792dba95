// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import KubernetesAPI

@Suite("Schedules are read")
struct CronScheduleTests {
    private func problem(_ schedule: String) -> String? {
        do throws(CronSchedule.Problem) {
            try CronSchedule.check(schedule)
            return nil
        } catch {
            return error.text
        }
    }

    @Test(
        "what can be read",
        arguments: [
            "* * * * *", "*/5 0-23/2 1,15 jan-DEC sun", "0 0 ? * 1-5", "@daily", "@yearly", "@annually", "@monthly",
            "@weekly", "@midnight", "@hourly", "@every 1h30m", "@every 1.5s", "59 23 31 12 6", "5/15 * * * *",
            "  0  0 * * *  ", ", * * * *",
        ])
    func valid(schedule: String) { #expect(problem(schedule) == nil) }

    @Test(
        "what cannot, in the words of the server's reader",
        arguments: [
            ("60 * * * *", "end of range (60) above maximum (59): 60"),
            ("* 24 * * *", "end of range (24) above maximum (23): 24"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("* * * 13 *", "end of range (13) above maximum (12): 13"),
            ("* * * * 7", "end of range (7) above maximum (6): 7"),
            ("5-3 * * * *", "beginning of range (5) beyond end of range (3): 5-3"),
            ("1-2-3 * * * *", "too many hyphens: 1-2-3"), ("*/2/3 * * * *", "too many slashes: */2/3"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            (
                "a * * * *", "failed to parse int from a: strconv.Atoi: parsing \\\"a\\\": invalid syntax"
            ),
            ("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"),
            ("@reboot", "unrecognized descriptor: @reboot"),
            ("@every 5", "failed to parse duration @every 5: time: missing unit in duration \\\"5\\\""),
            ("@every 5d", "failed to parse duration @every 5d: time: unknown unit \\\"d\\\" in duration \\\"5d\\\""),
            ("@every x", "failed to parse duration @every x: time: invalid duration \\\"x\\\""),
            ("TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]"),
            ("TZ=Mars * * * * *", "provided bad location Mars: unknown time zone Mars"),
        ])
    func invalid(schedule: String, expected: String) {
        #expect(problem(schedule) == expected.replacing("\\\"", with: "\""))
    }
}
