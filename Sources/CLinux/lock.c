// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct flock byte(int64_t offset, int exclusive) {
  return (struct flock){.l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1};
}
int clinux_lock_byte(int fd, int64_t offset, int exclusive, int wait) {
  struct flock lock = byte(offset, exclusive);
  int done;
  do done = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
  while (done < 0 && errno == EINTR);
  return done < 0 ? -errno : 0;
}
int clinux_byte_is_locked(int fd, int64_t offset) {
  struct flock lock = byte(offset, 1);
  if (fcntl(fd, F_OFD_GETLK, &lock)) return -errno;
  return lock.l_type != F_UNLCK;
}

int clinux_source_address(char *text, size_t size) {
  // 192.0.2.1, TEST-NET-1 of RFC 5737: never on a local link, so the default route decides. Nothing is sent.
  struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0xC0000201)};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct sockaddr_in own;
  socklen_t length = sizeof own;
  int error = 0;
  if (connect(fd, (struct sockaddr *)&peer, sizeof peer) || getsockname(fd, (struct sockaddr *)&own, &length) ||
      !inet_ntop(AF_INET, &own.sin_addr, text, (socklen_t)size))
    error = errno;
  close(fd);
  return -error;
}
