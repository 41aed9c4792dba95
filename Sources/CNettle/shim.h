// SPDX-License-Identifier: Apache-2.0
// SHA-256 of nettle, the library that Debian's libarchive hashes with too.
#include <nettle/sha2.h>
