// SPDX-License-Identifier: Apache-2.0
enum ShimCommand { static func run(podFolder: String) throws -> Int32 { 1 } }
