# SPDX-License-Identifier: Apache-2.0
PREFIX ?= /usr/local
DESTDIR ?=
SWIFT_FLAGS = --explicit-target-dependency-import-check error
RELEASE_FLAGS = -c release --static-swift-stdlib $(SWIFT_FLAGS)
RELEASE = .build/release

.PHONY: help build install uninstall test test-vm fuzz demo bench format lint swift
.DEFAULT_GOAL := build
.NOTPARALLEL:

help:
	@echo 'make demo      run the six manifests of demo/manifests and show what the kernel answers (needs root)'
	@echo 'make test      build, unit tests, root tests, conformance cases, lint (needs root)'
	@echo 'make build     $(RELEASE)/holdfast and $(RELEASE)/holdfast-runtime'
	@echo 'make install   both below PREFIX (now $(PREFIX)), with completions for bash, zsh and fish; DESTDIR is honoured'
	@echo 'make bench     measure against crun, podman, conmon and a floor in C, side by side (needs root)'
	@echo 'make fuzz      fuzz the manifest decoder for ten minutes'
	@echo 'make format    format the Swift sources'
	@echo 'make test-vm   conformance and checks with AppArmor, SELinux and each cgroup version, under qemu (needs root)'
	@echo 'make lint      formatting, imports, licence lines'

swift:
	@scripts/require-swift

build: swift
	@scripts/install-tools build
	swift build $(RELEASE_FLAGS) --product holdfast
	swift build $(RELEASE_FLAGS) --product holdfast-runtime

install:
	@scripts/install-binaries $(RELEASE) '$(DESTDIR)' '$(PREFIX)'

uninstall:
	@scripts/install-binaries --remove '$(DESTDIR)' '$(PREFIX)'

test: swift
	@scripts/install-tools test
	@scripts/without-cni scripts/test

test-vm: swift
	@scripts/install-tools vm
	@$(MAKE) --no-print-directory build
	@scripts/test-vm

fuzz: swift
	@scripts/install-tools build
	@scripts/fuzz 600

demo: swift
	@scripts/install-tools demo
	@$(MAKE) --no-print-directory build
	@scripts/without-cni demo/run

bench: swift
	@scripts/install-tools bench
	@$(MAKE) --no-print-directory build
	@bench/run

format: swift
	swift format --in-place --parallel --recursive Package.swift Sources Tests

lint: swift
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	@scripts/check-imports
