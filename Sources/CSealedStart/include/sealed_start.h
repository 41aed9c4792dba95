// SPDX-License-Identifier: Apache-2.0
// Nothing of it is called by Swift: linking this target makes the program execute itself once more, from a read-only mount of its
// own file, before anything of Swift's runtime has started.

/* Never returns when the program was executed as `pause pause`. */
void sealed_start_pause(int argc, char **argv);
