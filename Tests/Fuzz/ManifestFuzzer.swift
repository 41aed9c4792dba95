// SPDX-License-Identifier: Apache-2.0
import KubernetesAPI
import ManifestReview
import SecurityPolicy

/// One run of the fuzzer: everything that a file's bytes reach before a pod is planned.
///
/// libFuzzer calls it by this name. It ends the process where a property does not hold, as a trap in what it calls does.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    do {
        for result in try decodeEachManifest(bytes, file: "fuzz") {
            switch result {
            case .success(let manifest): check(manifest)
            case .failure(let error): check(error)
            }
        }
    } catch {
        check(error)
    }
    review(bytes)
    return 0
}

private let manifestCheck = ManifestCheck(node: .reference())

/// All rules on, and each form of the report; safe fixes are made once, and what they leave has none.
private func review(_ bytes: [UInt8]) {
    do {
        let review = try manifestCheck.review(bytes, file: "fuzz")
        var summary = CheckSummary()
        summary.add(review)
        _ = review.report(TextStyle(isColoured: true), allowed: true)
        sameAfterWriting(JSONValue(check: [review], summary))
        sameAfterWriting(JSONValue(sarif: [review], version: "0"))
        _ = JUnitReport.text([review])
        guard let fixed = review.fix else { return }
        _ = fixed.patch(file: "fuzz")
        guard try manifestCheck.review(fixed.bytes, file: "fuzz").fix == nil else {
            fatalError("a fix leaves something to be fixed")
        }
    } catch {
        fatalError("nothing is looked up, so nothing can fail: \(error)")
    }
}

private func check(_ manifest: Manifest) {
    sameAfterWriting(manifest.tree)
    sameAfterEncoding(manifest.object)
    let review = manifest.object.reviewed()
    _ = review.message
    for error in review.errors { _ = manifest.nearestPosition(of: error.field.description) }
    // What the server takes is stored with its defaults, and read again at each start.
    if review.isValid { sameAfterEncoding(review.object) }
}

/// An error tells something, each problem on its own line.
private func check(_ error: ManifestError) {
    guard !error.problems.isEmpty, error.problems.allSatisfy({ !$0.problem.isEmpty }) else {
        fatalError("an error without a problem")
    }
    _ = error.description
    _ = error.serverMessage
}

/// A value that is written as JSON reads as the same value.
private func sameAfterWriting(_ value: JSONValue) {
    for text in [value.compactText, value.prettyText] {
        let again: JSONValue
        do { again = try JSONValue(parsing: Array(text.utf8)) } catch {
            fatalError("what was written is not JSON: \(error): \(text)")
        }
        guard again == value else { fatalError("writing and reading changes \(value) to \(again)") }
    }
}

private func sameAfterEncoding(_ object: KubernetesObject) {
    switch object {
    case .pod(let object): sameAfterEncoding(object)
    case .persistentVolumeClaim(let object): sameAfterEncoding(object)
    case .persistentVolume(let object): sameAfterEncoding(object)
    case .configMap(let object): sameAfterEncoding(object)
    case .secret(let object): sameAfterEncoding(object)
    }
}

/// An object that is encoded decodes as the same object.
private func sameAfterEncoding<Object: Codable & Equatable>(_ object: Object) {
    do {
        let value = try JSONValue(encoding: object)
        sameAfterWriting(value)
        let again = try Object(json: value)
        guard again == object else { fatalError("encoding and decoding changes \(object) to \(again)") }
    } catch {
        fatalError("an object that was decoded cannot be encoded and decoded: \(error)")
    }
}
