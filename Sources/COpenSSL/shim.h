// SPDX-License-Identifier: Apache-2.0
// TLS of OpenSSL, for probes and hooks whose scheme is HTTPS.
#include <openssl/err.h>
#include <openssl/ssl.h>
