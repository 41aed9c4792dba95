// SPDX-License-Identifier: Apache-2.0

extension Validation {
    /// What the controller appends to the name leaves this much of a Job's 63 bytes.
    private static let longestCronJobName = 52

    mutating func cronJob(_ spec: CronJobSpec, _ metadata: ObjectMeta) {
        within("spec") { validation in
            validation.schedule(spec)
            validation.nonnegative("startingDeadlineSeconds", spec.startingDeadlineSeconds)
            if let zone = spec.timeZone { validation.timeZone(zone) }
            validation.choice("concurrencyPolicy", spec.concurrencyPolicy ?? "", of: ["Allow", "Forbid", "Replace"])
            validation.within("jobTemplate") { $0.within("spec") { $0.scheduledJob(spec.jobTemplate.spec) } }
            validation.nonnegative("successfulJobsHistoryLimit", spec.successfulJobsHistoryLimit)
            validation.nonnegative("failedJobsHistoryLimit", spec.failedJobsHistoryLimit)
        }
        let name = metadata.finalName
        if name.utf8.count > Self.longestCronJobName {
            within("metadata") {
                $0.invalid("name", .string(name), "must be no more than \(Self.longestCronJobName) characters")
            }
        }
    }

    private mutating func scheduledJob(_ spec: JobSpec) {
        jobSpec(spec)
        if let selector = spec.selector {
            invalid("selector", .json(GoText.json(selector)), "`selector` will be auto-generated")
        }
        if spec.manualSelector == true {
            unsupported("manualSelector", json: "true", supported: ["nil", "false"])
        }
    }

    private mutating func schedule(_ spec: CronJobSpec) {
        guard !spec.schedule.isEmpty else { return required("schedule") }
        do throws(CronSchedule.Problem) {
            try CronSchedule.check(spec.schedule)
        } catch {
            invalid("schedule", .string(spec.schedule), error.text)
        }
        if spec.schedule.contains("TZ") {
            let problem = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
            invalid("schedule", .string(spec.schedule), problem)
        }
    }

    private mutating func timeZone(_ zone: String) {
        guard !zone.isEmpty else {
            return invalid("timeZone", .string(""), "timeZone must be nil or non-empty string")
        }
        let unknown = "unknown time zone \(zone)"
        for part in zone.split(separator: "/", omittingEmptySubsequences: false) {
            let isName =
                (1...14).contains(part.utf8.count) && part != "." && part != ".." && !part.hasPrefix("-")
                && part.utf8.allSatisfy(Self.isZoneByte)
            guard isName else { return invalid("timeZone", .string(zone), unknown) }
        }
        if zone.lowercased() == "local" {
            let problem = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
            invalid("timeZone", .string(zone), problem)
        }
        if zone != "Local", !TimeZoneNames.all.contains(zone) { invalid("timeZone", .string(zone), unknown) }
    }

    private static func isZoneByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "+"):
            true
        default: false
        }
    }
}
