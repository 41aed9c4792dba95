// SPDX-License-Identifier: Apache-2.0
package enum ExplanationPage { package static func html(_ e: [PodExplanation], version: String) -> String { "" } }
