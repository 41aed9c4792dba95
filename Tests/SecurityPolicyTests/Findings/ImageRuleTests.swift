// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import LinuxTypes
import Testing

@testable import SecurityPolicy

@Suite("Findings about the files of an image")
struct ImageRuleTests {
    typealias Entry = ImageInMemory.Entry
    static let image = "spec.containers[0].image"
    static let command = "spec.containers[0].command[0]"
    static let bind = FileCapabilities(permitted: .netBindService, isEffective: true)

    static func running(_ word: String, _ files: [String: Entry] = [:], user: String = "") -> ImageFacts {
        .small(user: user, entrypoint: [word], files: files)
    }
    static func mounting(_ path: String, own: String = "", container: String = "") -> String {
        .one(
            own, container: "volumeMounts: [{name: v, mountPath: \(path)}], \(container)",
            spec: "volumes: [{name: v, emptyDir: {}}]")
    }

    static let missingRows: [FindingRow] = [
        .finds(.one(), image: running("/app"), Finding(image, "image i has no file /app")),
        .finds(.one(), image: running("app"), Finding(image, "image i has no app in the folders of PATH")),
        .finds(.one(container: "command: [/app]"), image: .small(), Finding(command, "image i has no file /app")),
        .finds(
            .one(container: "command: [./app], workingDir: /srv"), image: .small(files: ["/app": .program()]),
            Finding(command, "image i has no file /srv/app")),
        .finds(
            .one(container: "args: [app, sh]"), image: .small(entrypoint: []),
            Finding("spec.containers[0].args[0]", "image i has no app in the folders of PATH")),
        // An empty list is none: the image's own counts.
        .finds(
            .one(container: "args: []"), image: .small(entrypoint: []) { $0.command = ["app"] },
            Finding(image, "image i has no app in the folders of PATH")),
        .finds(
            .one(), image: .small(entrypoint: []),
            Finding(image, "image i has neither ENTRYPOINT nor CMD, and the container has no command")),
        // PATH of the pod, which is not expanded by any shell, and of the image.
        .finds(
            .one(container: "command: [sh], env: [{name: PATH, value: '$PATH:/opt'}]"), image: .small(),
            Finding(command, "image i has no sh in the folders of PATH")),
        .finds(
            .one(container: "command: [sh]"), image: .small { $0.environment = ["PATH=/opt:bin"] },
            Finding(command, "image i has no sh in the folders of PATH")),
        // A volume elsewhere does not matter.
        .finds(
            mounting("/app2", container: "command: [/app/run]"), image: .small(),
            Finding(command, "image i has no file /app/run")),
        .quiet(.one(), image: .small()),
        .quiet(.one()),
        .quiet(.one(container: "command: [sh]"), image: .small()),
        .quiet(.one(container: "command: [/./bin//sh]"), image: .small()),
        .quiet(.one(container: "command: [sh], env: [{name: PATH, value: '/opt:/bin'}]"), image: .small()),
        .quiet(
            .one(container: "command: [x/run]"),
            image: .small(files: ["/srv/x/run": .program()]) { $0.workingFolder = "/srv" }),
        .quiet(.one(container: "command: [/app]"), image: .small(files: ["/app": .link("bin/sh")])),
        // What cannot be told.
        .quiet(.one(container: "command: [$(APP)]"), image: .small()),
        .quiet(.one(container: "command: [/opt/../app]"), image: .small()),
        .quiet(.one(container: "command: [/proc/self/exe]"), image: .small()),
        .quiet(.one(container: "command: [app], envFrom: [{configMapRef: {name: m}}]"), image: .small()),
        .quiet(.one(container: "command: [app], env: [{name: PATH, value: $(HERE)}]"), image: .small()),
        .quiet(mounting("/app", container: "command: [/app/run]"), image: .small()),
        .quiet(mounting("/usr/local/bin/", container: "command: [app]"), image: .small()),
        .quiet(.one("runAsUser: 1000", container: "command: ['']"), image: .small()),
    ]

    @Test("a command that is not there is told of", arguments: missingRows)
    func missing(row: FindingRow) throws { try row.verify("program-missing") }

    static let notExecutableRows: [FindingRow] = [
        .finds(
            .one(), image: running("/app", ["/app": .program(0o644)]),
            Finding(image, "nobody may execute /app: its mode is 0644")),
        .finds(
            .one("runAsUser: 5"), image: running("/app", ["/app": .program(0o700)]),
            Finding(image, "uid 5 may not execute /app: mode 0700 of uid 0, gid 0")),
        // Root that has dropped all is bound by the bits as well.
        .finds(
            .one("capabilities: {drop: [ALL]}"), image: running("/app", ["/app": .program(0o700, uid: 1000)]),
            Finding(image, "uid 0 may not execute /app: mode 0700 of uid 1000, gid 0")),
        .finds(
            .one("runAsUser: 5"), image: running("/srv/x/app", ["/srv/x": .folder(0o700), "/srv/x/app": .program()]),
            Finding(image, "uid 5 may not enter /srv/x, where /srv/x/app is")),
        .finds(.one(container: "command: [/tmp]"), image: .small(), Finding(command, "/tmp is no file")),
        .finds(
            .one(), image: running("/app", ["/app": .text("echo hello\n")]),
            Finding(image, "/app is neither an ELF file nor a script that begins with #!")),
        .finds(
            .one(), image: running("/app", ["/app": .text("")]),
            Finding(image, "/app is neither an ELF file nor a script that begins with #!")),
        .finds(
            .one("runAsUser: 5"), image: running("/app", ["/app": .text("#!/opt/sh"), "/opt/sh": .program(0o700)]),
            Finding(image, "/app needs /opt/sh, but uid 5 may not execute /opt/sh: mode 0700 of uid 0, gid 0")),
        .finds(
            .one(), image: running("/app", ["/app": .program(loader: "/lib/x"), "/lib/x": .program(0o644)]),
            Finding(image, "/app needs /lib/x, but nobody may execute /lib/x: its mode is 0644")),
        .finds(
            .one("runAsUser: 5, runAsGroup: 5"), image: running("/app", ["/app": .text("#!/bin/sh\n", 0o711)]),
            Finding(image, "uid 5 may execute the script /app and not read it: mode 0711 of uid 0")),
        // PATH has none that the user may execute.
        .finds(
            .one("runAsUser: 5", container: "command: [app]"),
            image: .small(files: ["/usr/bin/app": .program(0o700), "/bin/app": .program(0o644)]),
            Finding(command, "uid 5 may not execute /usr/bin/app: mode 0700 of uid 0, gid 0")),
        .finds(
            .one(), image: running("/app", ["/app": .program(0o770)], user: "app"),
            Finding(image, "uid 1000 may not execute /app: mode 0770 of uid 0, gid 0")),
        .quiet(.one("runAsUser: 1001"), image: running("/app", ["/app": .program(0o770)])),
        .quiet(
            .one("runAsUser: 5", pod: "supplementalGroups: [7]"),
            image: running("/app", ["/app": .program(0o710, gid: 7)])),
        .quiet(
            .one("runAsUser: 5", container: "command: [app]"),
            image: .small(files: ["/usr/bin/app": .program(0o700), "/bin/app": .program()])),
        .quiet(.one(), image: running("/app", ["/app": .program(0o100, uid: 1000)])),
        .quiet(.one("runAsUser: 5"), image: running("/app", ["/app": .program(0o711)])),
        .quiet(.one("runAsUser: 0"), image: running("/app", ["/app": .text("#!/bin/sh\n", 0o711, uid: 9)])),
        .quiet(
            .one("capabilities: {drop: [ALL]}"), image: running("/app", ["/app": .program(0o700)])),
        .quiet(
            .one("capabilities: {drop: [ALL], add: [DAC_READ_SEARCH]}"),
            image: running("/srv/app", ["/srv": .folder(0o700, uid: 9), "/srv/app": .program()])),
        .quiet(.one(), image: running("/srv/app", ["/srv": .folder(0o700, uid: 9), "/srv/app": .program()])),
        .quiet(mounting("/srv", own: "runAsUser: 5"), image: running("/srv/app", ["/srv/app": .program(0o644)])),
        .quiet(
            mounting("/opt", own: "runAsUser: 5"),
            image: running("/app", ["/app": .text("#!/opt/sh"), "/opt/sh": .program(0o600)])),
        .quiet(.one(), image: running("/gone")),
        .quiet(.one()),
    ]

    @Test("a command that may not be executed is told of", arguments: notExecutableRows)
    func notExecutable(row: FindingRow) throws { try row.verify("program-not-executable") }

    static func calling(
        _ path: String, _ volume: String, own: String = "", pod: String = "", mount: String = ""
    ) -> String {
        .one(
            own, pod: pod, container: "command: [\(path)], volumeMounts: [{name: v, mountPath: /v, \(mount)}]",
            spec: "volumes: [{name: v, \(volume)}, {name: w, emptyDir: {}}]")
    }
    static let map = "configMap: {name: m}"
    private static func dull(_ path: String, _ mode: String = "0644") -> Finding {
        Finding(command, "nobody may execute \(path): files of volume \"v\" have mode \(mode)")
    }

    static let ofVolumeRows: [FindingRow] = [
        .finds(calling("/v/run.sh", map), dull("/v/run.sh")),
        .finds(calling("/v/run.sh", "secret: {secretName: s, defaultMode: 0400}"), dull("/v/run.sh", "0400")),
        .finds(
            calling(
                "/v/b",
                "configMap: {name: m, defaultMode: 0555, items: [{key: a, path: a}, {key: b, path: b, mode: 0444}]}"),
            dull("/v/b", "0444")),
        .finds(
            calling("/v", "configMap: {name: m, items: [{key: a, path: run.sh}]}", mount: "subPath: run.sh"), dull("/v")
        ),
        .finds(
            calling("/v/run.sh", "projected: {sources: [{configMap: {name: m}}]}", own: "runAsUser: 0"),
            dull("/v/run.sh")),
        .finds(
            calling("/v/run.sh", "configMap: {name: m, defaultMode: 0744}", own: "runAsUser: 5, runAsGroup: 6"),
            Finding(command, "uid 5 may not execute /v/run.sh: files of volume \"v\" are root's, mode 0744")),
        .finds(
            calling("/v/run.sh", "configMap: {name: m, defaultMode: 0705}", own: "runAsUser: 5, runAsGroup: 0"),
            Finding(command, "uid 5 may not execute /v/run.sh: files of volume \"v\" are root's, mode 0705")),
        .quiet(calling("/v/run.sh", "configMap: {name: m, defaultMode: 0555}", own: "runAsUser: 5, runAsGroup: 6")),
        .quiet(calling("/v/run.sh", "configMap: {name: m, defaultMode: 0744}", own: "runAsUser: 0")),
        .quiet(calling("/v/run.sh", "configMap: {name: m, defaultMode: 0750}", own: "runAsUser: 5")),
        .quiet(calling("/v/run.sh", "configMap: {name: m, defaultMode: 0750}", own: "runAsUser: 5", pod: "fsGroup: 7")),
        .quiet(
            calling("/v/a", "configMap: {name: m, items: [{key: a, path: a, mode: 0755}, {key: b, path: b}]}")),
        .quiet(calling("/v/gone", "configMap: {name: m, items: [{key: a, path: a}]}")),
        .quiet(calling("/v/run.sh", "emptyDir: {}")),
        .quiet(calling("sh, /v/run.sh", map)),
        .quiet(calling("/w/run.sh", map)),
        .quiet(calling("/v$(X)/run.sh", map)),
        .quiet(calling("/v/run.sh", map, mount: "subPathExpr: $(X)")),
        // A volume within the volume.
        .quiet(
            .one(
                container:
                    "command: [/v/w/run.sh], volumeMounts: [{name: v, mountPath: /v}, {name: w, mountPath: /v/w}]",
                spec: "volumes: [{name: v, \(map)}, {name: w, emptyDir: {}}]")),
    ]

    @Test("a file of a volume without an execute bit is no command", arguments: ofVolumeRows)
    func ofVolume(row: FindingRow) throws { try row.verify("program-of-volume-not-executable") }

    static let interpreterRows: [FindingRow] = [
        .finds(
            .one(), image: running("/app", ["/app": .text("#!/bin/bash\n")]),
            Finding(image, "/app needs /bin/bash, which image i does not have")),
        .finds(
            .one(container: "command: [/app]"), image: .small(files: ["/app": .program(loader: "/lib64/ld.so")]),
            Finding(command, "/app needs /lib64/ld.so, which image i does not have")),
        .finds(
            .one(),
            image: running("/app", ["/app": .text("#!/b\n"), "/b": .text("#!/c"), "/c": .program(loader: "/d")]),
            Finding(image, "/c needs /d, which image i does not have")),
        .finds(
            .one(), image: running("/app", ["/app": .text("#!/bin/sh\r\nexit\r\n")]),
            Finding(image, "the first line of /app ends with CR LF: the kernel looks for /bin/sh\\r")),
        .finds(
            .one(container: "workingDir: /srv"), image: running("/app", ["/app": .text("#!bin/sh\n")]),
            Finding(image, "/app needs /srv/bin/sh, which image i does not have")),
        .quiet(.one(), image: .small()),
        .quiet(.one(), image: running("/app", ["/app": .text("#!/bin/sh -e\r\n")])),
        .quiet(.one(), image: running("/app", ["/app": .text("#!bin/sh\n")])),
        .quiet(.one(), image: running("/app", ["/app": .text("echo")])),
        .quiet(.one(), image: running("/app", ["/app": .text("#!/app\n")])),
        .quiet(mounting("/opt"), image: running("/app", ["/app": .text("#!/opt/sh\n")])),
        .quiet(.one(), image: running("/gone")),
        .quiet(.one()),
    ]

    @Test("an interpreter that is not there is told of", arguments: interpreterRows)
    func interpreter(row: FindingRow) throws { try row.verify("interpreter-missing") }

    private static func refused(_ path: String, _ names: String, _ field: String = image) -> Finding {
        Finding(field, "exec \(path): operation not permitted: its file capabilities need \(names)")
    }
    static let caddy: [String: Entry] = ["/app": .program(capabilities: bind)]

    static let notPermittedRows: [FindingRow] = [
        .finds(
            .one("capabilities: {drop: [ALL]}, runAsUser: 5"), image: running("/app", caddy),
            refused("/app", "NET_BIND_SERVICE")),
        // For root and with no_new_privs too.
        .finds(
            .one("capabilities: {drop: [all]}, allowPrivilegeEscalation: false, runAsUser: 0"),
            image: running("/app", caddy), refused("/app", "NET_BIND_SERVICE")),
        .finds(
            .one("capabilities: {drop: [ALL], add: [CHOWN]}"),
            image: running(
                "/app",
                [
                    "/app": .program(
                        capabilities: FileCapabilities(
                            permitted: [.netAdmin, .netRaw, CapabilitySet(number: 0)], isEffective: true))
                ]), refused("/app", "NET_ADMIN, NET_RAW")),
        // Of a script the interpreter counts.
        .finds(
            .one("capabilities: {drop: [ALL]}"),
            image: running("/run", ["/run": .text("#!/app\n")].merging(caddy) { $1 }),
            refused("/app", "NET_BIND_SERVICE")),
        .finds(
            .one("capabilities: {drop: [ALL]}"),
            image: running(
                "/run",
                ["/run": .text("#!/app\n"), "/app": .program(loader: "/lib/ld.so", capabilities: bind)]),
            refused("/app", "NET_BIND_SERVICE")),
        .finds(
            .one("capabilities: {drop: [ALL, NET_ROW]}"), image: running("/app", caddy),
            refused("/app", "NET_BIND_SERVICE")),
        .quiet(.one("capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}"), image: running("/app", caddy)),
        .quiet(.one("runAsUser: 5"), image: running("/app", caddy)),
        .quiet(.one("privileged: true, capabilities: {drop: [ALL]}"), image: running("/app", caddy)),
        // Without the effective bit the program runs, and raises nothing.
        .quiet(
            .one("capabilities: {drop: [ALL]}"),
            image: running(
                "/app", ["/app": .program(capabilities: FileCapabilities(permitted: .netRaw, isEffective: false))])),
        .quiet(
            .one("capabilities: {drop: [ALL]}"),
            image: running("/app", ["/app": .text("#!/bin/sh\n", capabilities: bind)])),
        .quiet(.one("capabilities: {drop: [ALL]}"), image: .small()),
        .quiet(.one("capabilities: {drop: [ALL]}")),
    ]

    @Test("a program whose file capabilities are not granted is not executed", arguments: notPermittedRows)
    func notPermitted(row: FindingRow) throws { try row.verify("program-not-permitted") }

    static let setUser: [String: Entry] = ["/app": .program(0o4755)]

    static let losesRows: [FindingRow] = [
        .finds(
            .one("runAsUser: 5, allowPrivilegeEscalation: false"), image: running("/app", caddy),
            Finding(image, "/app runs without its file capabilities: no_new_privs is set")),
        .finds(
            .one("runAsUser: 5, allowPrivilegeEscalation: false"), image: running("/app", setUser),
            Finding(image, "/app stays uid 5: no_new_privs disarms its set-user-ID bit")),
        .finds(
            .one("runAsUser: 5, capabilities: {drop: [ALL]}"), image: running("/app", setUser),
            Finding(image, "/app becomes uid 0 without any capability: its bounding set is empty")),
        .quiet(.one("runAsUser: 5"), image: running("/app", setUser)),
        .quiet(.one("runAsUser: 5"), image: running("/app", caddy)),
        .quiet(.one("runAsUser: 0, allowPrivilegeEscalation: false"), image: running("/app", setUser)),
        .quiet(
            .one("runAsUser: 5, allowPrivilegeEscalation: false"),
            image: running("/app", ["/app": .program(0o4755, uid: 5)])),
        // Of a script no bit counts.
        .quiet(
            .one("runAsUser: 5, allowPrivilegeEscalation: false"),
            image: running("/app", ["/app": .text("#!/bin/sh\n", 0o4755)])),
        // That is not executed at all.
        .quiet(
            .one("runAsUser: 5, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}"),
            image: running("/app", caddy)),
        .quiet(.one("runAsUser: 5, allowPrivilegeEscalation: false"), image: .small()),
    ]

    @Test("a program that loses its privileges is told of", arguments: losesRows)
    func loses(row: FindingRow) throws { try row.verify("program-loses-privileges") }

    static func working(_ folder: String, _ files: [String: Entry]) -> ImageFacts {
        .small(files: files) { $0.workingFolder = folder }
    }
    private static func closed(_ folder: String, _ field: String = image) -> Finding {
        Finding(field, "uid 5 may not enter the working folder \(folder)")
    }

    static let workingRows: [FindingRow] = [
        .finds(.one("runAsUser: 5"), image: working("/srv", ["/srv": .folder(0o700)]), closed("/srv")),
        .finds(.one("runAsUser: 5"), image: working("/root/x", ["/root/x": .folder(0o755)]), closed("/root")),
        .finds(
            .one("runAsUser: 5", container: "workingDir: /root"), image: .small(),
            closed("/root", "spec.containers[0].workingDir")),
        .quiet(.one("runAsUser: 0"), image: working("/srv", ["/srv": .folder(0o700, uid: 9)])),
        .quiet(.one("runAsUser: 5"), image: working("/srv", ["/srv": .folder(0o755)])),
        .quiet(.one("runAsUser: 5"), image: working("/srv", ["/srv": .folder(0o700, uid: 5)])),
        .quiet(.one("runAsUser: 5"), image: working("/gone", [:])),
        .quiet(mounting("/srv", own: "runAsUser: 5"), image: working("/srv", ["/srv": .folder(0o700)])),
        .quiet(.one("runAsUser: 5"), image: .small()),
    ]

    @Test("a working folder that is closed is told of", arguments: workingRows)
    func workingFolder(row: FindingRow) throws { try row.verify("working-folder-closed") }

    static func having(volumes: String..., files: [String: Entry]) -> ImageFacts {
        .small(files: files) { $0.volumes = volumes }
    }

    static let volumeRows: [FindingRow] = [
        .finds(
            .one("runAsUser: 5"),
            image: having(volumes: "/w", "/d", files: ["/d": .folder(0o755), "/w": .folder(0o777)]),
            Finding(image, "uid 5 cannot write to the image's VOLUME /d: mode 0755 of uid 0")),
        .quiet(.one("runAsUser: 1000"), image: having(volumes: "/d", files: ["/d": .folder(0o755, uid: 1000)])),
        .quiet(.one("runAsUser: 1001"), image: having(volumes: "/d", files: ["/d": .folder(0o775)])),
        .quiet(.one("runAsUser: 0"), image: having(volumes: "/d", files: ["/d": .folder(0o755, uid: 9)])),
        .quiet(mounting("/d", own: "runAsUser: 5"), image: having(volumes: "/d", files: ["/d": .folder(0o755)])),
        .quiet(.one("runAsUser: 5"), image: having(volumes: "/gone", files: [:])),
        .quiet(.one("runAsUser: 5")),
    ]

    @Test("a VOLUME that is closed is told of", arguments: volumeRows)
    func volume(row: FindingRow) throws { try row.verify("image-volume-closed") }

    static let homeRows: [FindingRow] = [
        .finds(
            .one("runAsUser: 1001"), image: .small(),
            Finding(image, "HOME of uid 1001 is /home/shift, which the image does not have")),
        .finds(
            .one("runAsUser: 5"), image: .small { $0.environment = ["HOME=/root"] },
            Finding(image, "uid 5 cannot write to its HOME /root: mode 0700 of uid 0")),
        .quiet(.one("runAsUser: 1000"), image: .small()),
        .quiet(.one("runAsUser: 5"), image: .small()),
        .quiet(.one("runAsUser: 65534"), image: .small()),
        .quiet(.one("runAsUser: 0"), image: .small { $0.environment = ["HOME=/gone"] }),
        .quiet(.one("runAsUser: 1001", container: "env: [{name: HOME, value: /tmp}]"), image: .small()),
        .quiet(.one("runAsUser: 1001", container: "envFrom: [{configMapRef: {name: m}}]"), image: .small()),
        .quiet(mounting("/home", own: "runAsUser: 1001"), image: .small()),
        .quiet(.one("runAsUser: 1001"), image: .small { $0.volumes = ["/home/shift"] }),
        .quiet(.one("runAsUser: 1001")),
    ]

    @Test("a home that is closed is told of", arguments: homeRows)
    func home(row: FindingRow) throws { try row.verify("home-closed") }

    static let writing = ImageFacts.small(files: [
        "/var/cache/app": .folder(0o755, uid: 5), "/var/log/app": .folder(0o775, gid: 7),
        "/run/app": .folder(0o700, uid: 5),
        "/var/run": .link("/run"), "/var/log/other": .folder(0o755, uid: 9),
    ])
    private static func unwritable(_ folders: String) -> Finding {
        Finding(
            .own("readOnlyRootFilesystem"), "uid 5 cannot write to \(folders), which image i made for it")
    }

    static let readOnlyRows: [FindingRow] = [
        .finds(
            .one("runAsUser: 5, readOnlyRootFilesystem: true", pod: "supplementalGroups: [7]"), image: writing,
            unwritable("/var/log/app, /var/cache/app, /run/app")),
        .finds(
            mounting("/run", own: "runAsUser: 5, readOnlyRootFilesystem: true"), image: writing,
            unwritable("/var/cache/app")),
        // The link's name is as good.
        .finds(
            mounting("/var/run", own: "runAsUser: 5, readOnlyRootFilesystem: true"), image: writing,
            unwritable("/var/cache/app")),
        .quiet(.one("runAsUser: 5"), image: writing),
        .quiet(.one("runAsUser: 5, readOnlyRootFilesystem: false"), image: writing),
        .quiet(.one("runAsUser: 0, readOnlyRootFilesystem: true"), image: writing),
        .quiet(.one("runAsUser: 6, readOnlyRootFilesystem: true"), image: writing),
        .quiet(
            .one("runAsUser: 5, readOnlyRootFilesystem: true"),
            image: .small(files: ["/var/cache/app": .folder(0o755, uid: 5)]) { $0.volumes = ["/var/cache/"] }),
        .quiet(.one("runAsUser: 5, readOnlyRootFilesystem: true"), image: .small()),
        .quiet(.one("runAsUser: 5, readOnlyRootFilesystem: true")),
    ]

    @Test("folders that a read-only root closes are told of", arguments: readOnlyRows)
    func readOnlyRoot(row: FindingRow) throws { try row.verify("read-only-root-writes") }

    @Test("an image that cannot be read is an error, not a pod without findings")
    func unreadable() {
        struct Broken: Error {}
        struct BrokenFiles: ImageFiles {
            func file(_ path: String) throws -> FileFacts? { throw Broken() }
            func start(of path: String, count: Int) throws -> [UInt8]? { throw Broken() }
            func names(in folder: String) throws -> [String]? { throw Broken() }
        }
        var image = ImageFacts.small()
        image.files = BrokenFiles()
        let row = FindingRow.quiet(.one(), image: image)
        #expect(throws: Broken.self) { try row.scope().findings() }
    }
}
