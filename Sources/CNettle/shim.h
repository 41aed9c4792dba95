// SPDX-License-Identifier: Apache-2.0
// SHA-256 of nettle, the library that Debian's libarchive hashes with too, and its ECDSA (hogweed, on gmp).
#include <nettle/bignum.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecdsa.h>
#include <nettle/sha2.h>
