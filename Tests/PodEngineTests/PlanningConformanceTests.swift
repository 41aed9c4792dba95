// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import KubernetesAPI
import LinuxKernel
import LinuxTypes
import OCISpec
import PodEngine
import SecurityPolicy
import Testing

/// What is decided and planned for each recorded case, beside what the node answered.
@Suite("Every recorded case, predicted")
struct PlanningConformanceTests {
    static let names: [String] = {
        let entries = (try? File.names(in: RecordedCase.folder)) ?? []
        return entries.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    /// The node of the recordings: no CAP_SYS_RESOURCE, cgroups of version 1, no AppArmor, no SELinux.
    static let node: Node = {
        var node = Node(
            defaults: .containerd, capabilities: CapabilitySet.all.subtracting(CapabilitySet(number: 24)),
            kernel: KernelVersion(6, 18), possibleCPUs: [0, 1], memory: .mebibytes(24_000))
        node.hasUnifiedCgroups = false
        node.lowestScoreAdjustment = 0
        return node
    }()

    /// The images of `Tests/Conformance/images.py`.
    static func image(_ reference: String) throws -> ImageConfig.Defaults {
        var image = ImageConfig.Defaults()
        image.Env = ["PATH=/bin:/sbin:/usr/bin:/usr/sbin"]
        image.Cmd = ["sh"]
        let name = reference.split(separator: "/").last?.split(separator: ":").first.map(String.init)
        switch name {
        case "base": break
        case "uid0": image.User = "0"
        case "root": image.User = "root"
        case "uid1000": image.User = "1000"
        case "uid1000-gid3000": image.User = "1000:3000"
        case "uid4242": image.User = "4242"
        case "named": image.User = "app"
        case "named-group": image.User = "app:staff"
        case "alice": image.User = "alice"
        case "ghost": image.User = "ghost"
        case "workdir":
            image.User = "1000"
            image.WorkingDir = "/made/by/runtime"
        case "home-env":
            image.User = "1000"
            image.Env = ["HOME=/from/image"]
        default: throw UnknownImage(name: reference)
        }
        return image
    }
    struct UnknownImage: Error { let name: String }

    static let database = UserDatabase(
        passwd: """
            root:x:0:0:root:/root:/bin/sh
            app:x:1000:1000:app:/home/app:/bin/sh
            alice:x:1234:1234:alice:/home/alice:/bin/sh
            nobody:x:65534:65534:nobody:/:/bin/false
            """.utf8,
        group: """
            root:x:0:
            app:x:1000:
            staff:x:50:app
            alice:x:1234:
            audit:x:777:alice
            secrets:x:50000:alice,app
            nogroup:x:65534:
            """.utf8)

    static func pod(_ name: String) throws -> Pod {
        let file = RecordedCase.manifest(named: name)
        for manifest in try decodeManifests(try File.read(file), file: file) {
            guard case .pod(var pod) = manifest.object else { continue }
            pod.metadata.namespace = "c-\(name)"
            pod.metadata.uid = "uid"
            return pod
        }
        throw UnknownImage(name: "no pod in \(file)")
    }

    @Test("all cases are here")
    func count() { #expect(Self.names.count >= 103) }

    @Test("what the node shows is what was decided", arguments: names)
    func predicted(name: String) throws {
        let recorded = try RecordedCase(named: name)
        let pod = try Self.pod(name)
        let rejection = Self.node.admit(pod)
        #expect(recorded.pod.reason == rejection?.reason)
        #expect(recorded.pod.message == rejection.map { "Pod was rejected: \($0.message)" })
        guard rejection == nil else { return }
        if pod.spec.hostUsers == false {
            #expect(Self.node.sandboxRefusal(pod) != nil)
            return
        }
        for container in pod.podContainers {
            let answer = try #require(recorded.containers[container.container.name])
            if answer.waiting == "ContainerCreating" { continue }
            do {
                let spec = try Self.spec(pod, container)
                #expect(answer.waiting == nil, "\(answer.waiting ?? "")")
                Self.compare(spec, pod, RecordedLines(answer.log ?? []))
            } catch let refusal as Refusal {
                #expect(answer.waiting == refusal.reason.rawValue)
                guard answer.waiting == "CreateContainerConfigError" else { continue }
                let whose = "\"\(name)_c-\(name)(uid)\""
                let message = refusal.message.split(separator: whose, maxSplits: 1).joined(separator: "\"POD\"")
                #expect(answer.message == message)
            }
        }
    }

    static func spec(_ pod: Pod, _ container: PodContainer) throws -> ContainerSpec {
        let image = try image(container.container.image ?? "")
        let context = try EffectiveSecurityContext.resolve(
            pod: pod, container: container, image: ImageIdentity(user: image.User ?? "", database: database), node: node
        )
        let hostname = pod.spec.hostname ?? pod.metadata.name ?? ""
        let variables = try PodEnvironment(
            pod: pod, container: container, facts: PodFacts(nodeName: "node"), node: node, configMaps: [:], secrets: [:]
        ).variables()
        let process = try ContainerProcess(
            container: container, image: image, variables: variables, hostname: hostname,
            user: database.user(uid: context.uid.value))
        let volumes = (container.container.volumeMounts ?? []).map { mount in
            let volume = pod.spec.volumes?.first { $0.name == mount.name }
            let isFixed =
                volume?.configMap != nil || volume?.secret != nil || volume?.projected != nil
                || volume?.downwardAPI != nil || volume?.persistentVolumeClaim?.readOnly == true
            return ContainerMounts.Volume(
                destination: mount.mountPath, source: "/v/\(mount.name)",
                access: mount.readOnly == true || isFixed ? .readOnly : .readWrite)
        }
        let log = ContainerMounts.Volume(
            destination: container.container.terminationMessagePath ?? "/dev/termination-log", source: "/t")
        return ContainerSpec(
            container: container, context: context, process: process, hostname: hostname,
            mounts: ContainerMounts(volumes: volumes + [log], files: PlanningSpecTests.files, podIsPrivileged: false),
            seccomp: nil,
            devices: [], cgroupPath: "/holdfast/uid/main", weighsProcessors: false)
    }

    static func compare(_ spec: ContainerSpec, _ pod: Pod, _ lines: RecordedLines) {
        let context = spec.context
        // The setuid copy of the probe is another user by the time it prints.
        let keepsUser = !spec.process.arguments[0].hasSuffix("suid-probe")
        guard lines["uid"] != nil else { return }
        func ids(_ id: UInt32) -> String { "\(id) \(id) \(id)" }
        if keepsUser { lines.expect("uid", ids(context.uid.value)) }
        lines.expect("gid", ids(context.gid.value))
        lines.expect("groups", context.supplementalGroups.map { "\($0.value)" }.joined(separator: " "))
        let sets = context.capabilitySets
        lines.expect("status.CapBnd", sets.bounding.description)
        lines.expect("status.CapInh", sets.inheritable.description)
        lines.expect("status.CapAmb", sets.ambient.description)
        if keepsUser {
            lines.expect("status.CapPrm", sets.permitted.description)
            lines.expect("status.CapEff", sets.effective.description)
        }
        lines.expect("status.NoNewPrivs", context.noNewPrivileges.value ? "1" : "0")
        lines.expect("status.Seccomp", context.seccomp.value == .unconfined ? "0" : "2")
        lines.expect("oom_score_adj", "\(context.oomScoreAdjustment.value)")
        lines.expect("cwd", spec.process.folder)
        for name in ["HOME", "PATH", "TERM"] {
            let entry = spec.process.environment.last { $0.hasPrefix("\(name)=") }
            lines.expect("env.\(name)", entry.map { String($0.dropFirst(name.count + 1)) } ?? "(unset)")
        }
        if pod.spec.hostNetwork != true {
            lines.expect("env.HOSTNAME", spec.hostname)
            lines.expect("hostname", spec.hostname)
        }
        for (name, value) in context.sysctls {
            let key = "sysctl.\(String(name.map { $0 == "." ? "/" : $0 }))"
            if lines[key] != nil { lines.expect(key, value.value) }
        }
        compareMounts(spec.runtimeSpec, lines)
    }

    /// Flags and propagation of every mount, and that there is no other.
    static func compareMounts(_ spec: RuntimeSpec, _ lines: RecordedLines) {
        lines.expect("mount./", "overlay \(spec.root?.readonly == true ? "ro" : "rw") private")
        var predicted: Set<String> = ["/"]
        for mount in spec.mounts ?? [] {
            predicted.insert(mount.destination)
            let key = "mount.\(mount.destination)"
            let options = Set(mount.options ?? [])
            let flags = ["ro", "rw", "nosuid", "nodev", "noexec"].filter {
                $0 == "rw" ? !options.contains("ro") : options.contains($0)
            }.joined(separator: ",")
            switch mount.type {
            case "bind": lines.expectSuffix(key, " \(flags) private")
            case "cgroup":
                for line in lines.keys where line.hasPrefix("\(key)/") {
                    predicted.insert(String(line.dropFirst("mount.".count)))
                    lines.expect(line, "cgroup \(flags) private")
                }
            default: lines.expect(key, "\(mount.type ?? "") \(flags) private")
            }
        }
        let hidden = Set((spec.linux?.maskedPaths ?? []) + (spec.linux?.readonlyPaths ?? []))
        for key in lines.keys where key.hasPrefix("mount.") {
            let path = String(key.dropFirst("mount.".count))
            #expect(predicted.contains(path) || hidden.contains(path), "\(path)")
        }
    }
}

/// What a probe printed, by key.
struct RecordedLines {
    private let values: [String: [String]]

    init(_ log: [String]) {
        var values: [String: [String]] = [:]
        for line in log {
            guard let colon = line.firstRange(of: ": ") else { continue }
            values[String(line[..<colon.lowerBound]), default: []].append(String(line[colon.upperBound...]))
        }
        self.values = values
    }

    var keys: [String] { values.keys.sorted() }
    subscript(key: String) -> [String]? { values[key] }

    func expect(_ key: String, _ value: String) { #expect(values[key] == [value], "\(key)") }
    func expectSuffix(_ key: String, _ suffix: String) {
        #expect(values[key]?.count == 1 && values[key]?[0].hasSuffix(suffix) == true, "\(key): \(values[key] ?? [])")
    }
}
