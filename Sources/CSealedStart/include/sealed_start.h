// SPDX-License-Identifier: Apache-2.0
// Has no function to call: linking this target makes the program execute itself once more, from a read-only mount of its
// own file, before anything of Swift's runtime has started.
