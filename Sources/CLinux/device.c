// SPDX-License-Identifier: Apache-2.0
// The device controller of cgroup v2 is a BPF program: cgroups(7), BPF_PROG_TYPE_CGROUP_DEVICE in bpf(2).
#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct bpf_insn instruction(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm) {
  return (struct bpf_insn){.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm};
}

// The rules are tried from the last to the first; the first match decides; no match denies.
// r2: kind, r3: access asked, r4: major, r5: minor, as in struct bpf_cgroup_dev_ctx.
static size_t assemble(const struct clinux_device_rule *rules, size_t count, struct bpf_insn *out) {
  size_t n = 0;
  out[n++] = instruction(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_2, BPF_REG_1, 0, 0);
  out[n++] = instruction(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0);
  out[n++] = instruction(BPF_ALU | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff);
  out[n++] = instruction(BPF_ALU | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16);
  out[n++] = instruction(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_4, BPF_REG_1, 4, 0);
  out[n++] = instruction(BPF_LDX | BPF_W | BPF_MEM, BPF_REG_5, BPF_REG_1, 8, 0);
  for (size_t i = count; i-- > 0;) {
    const struct clinux_device_rule *rule = &rules[i];
    size_t jumps[4], jump_count = 0;
    if (rule->type != 'a') {
      jumps[jump_count++] = n;
      out[n++] = instruction(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_2, 0, 0,
                             rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
    }
    int32_t access = (rule->read ? BPF_DEVCG_ACC_READ : 0) | (rule->write ? BPF_DEVCG_ACC_WRITE : 0) |
                     (rule->make ? BPF_DEVCG_ACC_MKNOD : 0);
    if (access != (BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD)) {
      // an allow rule must cover all that is asked; a deny rule needs to touch a part of it
      out[n++] = instruction(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_3, 0, 0);
      out[n++] = instruction(BPF_ALU | BPF_AND | BPF_K, BPF_REG_1, 0, 0, rule->allow ? ~access & 7 : access);
      jumps[jump_count++] = n;
      out[n++] = instruction(BPF_JMP | (rule->allow ? BPF_JNE : BPF_JEQ) | BPF_K, BPF_REG_1, 0, 0, 0);
    }
    if (rule->major >= 0) {
      jumps[jump_count++] = n;
      out[n++] = instruction(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_4, 0, 0, rule->major);
    }
    if (rule->minor >= 0) {
      jumps[jump_count++] = n;
      out[n++] = instruction(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_5, 0, 0, rule->minor);
    }
    out[n++] = instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, rule->allow);
    out[n++] = instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    for (size_t j = 0; j < jump_count; j++) out[jumps[j]].off = (int16_t)(n - jumps[j] - 1);
    if (!jump_count) return n;  // it decides every access: the verifier refuses instructions that nothing reaches
  }
  out[n++] = instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
  out[n++] = instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  return n;
}

int clinux_device_program_attach(int cgroup, const struct clinux_device_rule *rules, size_t count) {
  if (count > 4096) return -E2BIG;  // 16-bit jumps stay in range, and bpf(2) takes a million instructions
  struct bpf_insn *program = calloc(16 + count * 12, sizeof *program);
  if (!program) return -ENOMEM;
  size_t length = assemble(rules, count, program);
  union bpf_attr load;
  memset(&load, 0, sizeof load);
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insn_cnt = (uint32_t)length;
  load.insns = (uint64_t)(uintptr_t)program;
  load.license = (uint64_t)(uintptr_t) "Apache-2.0";
  int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
  int error = errno;
  free(program);
  if (fd < 0) return -error;
  union bpf_attr attach;
  memset(&attach, 0, sizeof attach);
  attach.target_fd = (uint32_t)cgroup;
  attach.attach_bpf_fd = (uint32_t)fd;
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  int attached = (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach);
  error = errno;
  close(fd);
  return attached < 0 ? -error : 0;
}
