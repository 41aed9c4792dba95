// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "clinux.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int clinux_tcp_socket(int family) {
  int fd = socket(family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return fd < 0 ? -errno : fd;
}
int clinux_parse_address(const char *text, uint8_t address[16]) {
  if (inet_pton(AF_INET, text, address) == 1) return 4;
  return inet_pton(AF_INET6, text, address) == 1 ? 6 : -EINVAL;
}
int clinux_tcp_connect(int socket, int family, const uint8_t *address, uint16_t port) {
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
  int connected;
  if (family == 6) {
    memcpy(&six.sin6_addr, address, 16);
    connected = connect(socket, (struct sockaddr *)&six, sizeof six);
  } else {
    memcpy(&four.sin_addr, address, 4);
    connected = connect(socket, (struct sockaddr *)&four, sizeof four);
  }
  return connected ? -errno : 0;
}
int clinux_socket_error(int socket) {
  int number = 0;
  socklen_t size = sizeof number;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &number, &size) ? -errno : number;
}
ssize_t clinux_send(int socket, const void *data, size_t size) {
  ssize_t sent = send(socket, data, size, MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}
