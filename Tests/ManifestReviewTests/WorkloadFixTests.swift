// SPDX-License-Identifier: Apache-2.0
import ManifestReview
import SecurityPolicy
import Testing

@Suite("Fixes in templates")
struct WorkloadFixTests {
    /// In the pods of a StatefulSet its claims come before the template's volumes, so that these have other indices.
    @Test("a StatefulSet's volume is mended where it is written, and no other one")
    func statefulSet() throws {
        func manifest(_ mode: String) -> String {
            """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: s}
            spec:
              serviceName: s
              selector: {matchLabels: {a: b}}
              template:
                metadata: {labels: {a: b}}
                spec:
                  containers: [{name: c, image: i}]
                  volumes:
                  - name: one
                    secret:
                      secretName: x
                      defaultMode: \(mode)
                  - name: two
                    secret:
                      secretName: x
                      defaultMode: 0444
              volumeClaimTemplates:
              - metadata: {name: data}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}

            """
        }
        let review = try ManifestCheck(node: .reference()).review(Array(manifest("400").utf8), file: "s.yaml")
        let fixed = try #require(review.fix)
        #expect(String(decoding: fixed.bytes, as: UTF8.self) == manifest("0400"))
    }
}
