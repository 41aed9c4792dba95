// SPDX-License-Identifier: Apache-2.0

/// Something that happened to an object.
package struct Event: Codable, Hashable, Sendable {
    package var apiVersion = "v1"
    package var kind = "Event"
    package var metadata = ObjectMeta()
    package var involvedObject = ObjectReference()
    package var reason: String?
    package var message: String?
    package var source: EventSource?
    package var firstTimestamp: String?
    package var lastTimestamp: String?
    package var count: Int32?
    /// `Normal` or `Warning`.
    package var type: String?
    package var eventTime: String?
    package var series: JSONValue?
    package var action: String?
    package var related: ObjectReference?
    package var reportingComponent: String?
    package var reportingInstance: String?

    package init(metadata: ObjectMeta = ObjectMeta(), involvedObject: ObjectReference = ObjectReference()) {
        self.metadata = metadata
        self.involvedObject = involvedObject
    }
}

/// Who reports an event.
package struct EventSource: Codable, Hashable, Sendable {
    package var component: String?
    package var host: String?

    package init(component: String? = nil, host: String? = nil) {
        self.component = component
        self.host = host
    }
}
