// SPDX-License-Identifier: Apache-2.0
// libarchive, linked statically: with its shared form the loader brings ICU and libxml2 into every command, 1.5 ms each.
#include <archive.h>
#include <archive_entry.h>
