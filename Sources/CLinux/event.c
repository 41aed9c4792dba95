// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

int clinux_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }
int clinux_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return result(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}
int clinux_epoll_modify(int epoll, int fd, uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events, .data.u64 = token};
  return result(epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event));
}
int clinux_epoll_remove(int epoll, int fd) { return result(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL)); }
int clinux_epoll_wait(int epoll, uint64_t *tokens, uint32_t *events, int count, int timeout) {
  struct epoll_event ready[64];
  if (count > 64) count = 64;
  int found = epoll_wait(epoll, ready, count, timeout);
  if (found < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < found; i++) {
    tokens[i] = ready[i].data.u64;
    events[i] = ready[i].events;
  }
  return found;
}
int clinux_signalfd(const int *signals, size_t count) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < count; i++) sigaddset(&set, signals[i]);
  if (sigprocmask(SIG_BLOCK, &set, NULL)) return -errno;
  return result(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}
int clinux_signalfd_read(int fd, int *sender) {
  struct signalfd_siginfo info;
  ssize_t length = read(fd, &info, sizeof info);
  if (length < 0) return -errno;
  *sender = (int)info.ssi_pid;
  return (int)info.ssi_signo;
}

// unix(7): sun_path holds 108 bytes; a longer path is an error, never cut.
static int address(const char *path, struct sockaddr_un *out) {
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  size_t length = strlen(path);
  if (length >= sizeof out->sun_path) return -ENAMETOOLONG;
  memcpy(out->sun_path, path, length + 1);
  return 0;
}
int clinux_unix_listen(const char *path) {
  struct sockaddr_un where;
  int bad = address(path, &where);
  if (bad) return bad;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  unlink(path);
  mode_t before = umask(0177);
  int bound = bind(fd, (struct sockaddr *)&where, sizeof where);
  int error = errno;
  umask(before);
  if (bound == 0 && listen(fd, 128) == 0) return fd;
  if (bound == 0) error = errno;
  close(fd);
  return -error;
}
int clinux_unix_connect(const char *path) {
  struct sockaddr_un where;
  int bad = address(path, &where);
  if (bad) return bad;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (connect(fd, (struct sockaddr *)&where, sizeof where) == 0) return fd;
  int error = errno;
  close(fd);
  return -error;
}
int clinux_unix_pair(int *a, int *b) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) return -errno;
  *a = ends[0];
  *b = ends[1];
  return 0;
}
int clinux_accept(int fd) { return result(accept4(fd, NULL, NULL, SOCK_CLOEXEC)); }
int64_t clinux_peer_uid(int fd) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) ? -errno : (int64_t)peer.uid;
}

enum { MOST_DESCRIPTORS = 16 };

int clinux_send_fds(int socket, const void *data, size_t size, const int *fds, size_t count) {
  if (count > MOST_DESCRIPTORS) return -E2BIG;
  struct iovec part = {(void *)data, size};
  union { char bytes[CMSG_SPACE(sizeof(int) * MOST_DESCRIPTORS)]; struct cmsghdr align; } room = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count) {
    message.msg_control = room.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(head), fds, sizeof(int) * count);
  }
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return result(sent);
}
ssize_t clinux_receive_fds(int socket, void *data, size_t size, int *fds, size_t *count) {
  struct iovec part = {data, size};
  union { char bytes[CMSG_SPACE(sizeof(int) * MOST_DESCRIPTORS)]; struct cmsghdr align; } room = {0};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room.bytes,
                           .msg_controllen = sizeof room.bytes};
  size_t limit = *count;
  *count = 0;
  ssize_t length;
  do length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (length < 0 && errno == EINTR);
  if (length < 0) return -errno;
  for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    size_t came = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < came; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
      if (*count < limit) fds[(*count)++] = fd;
      else close(fd);
    }
  }
  return length;
}

int clinux_interface_up(const char *name) {
  struct ifreq request = {0};
  if (strlen(name) >= sizeof request.ifr_name) return -ENAMETOOLONG;
  strcpy(request.ifr_name, name);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int error = 0;
  if (ioctl(fd, SIOCGIFFLAGS, &request)) error = -errno;
  else {
    request.ifr_flags |= IFF_UP;
    if (ioctl(fd, SIOCSIFFLAGS, &request)) error = -errno;
  }
  close(fd);
  return error;
}
