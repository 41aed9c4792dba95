# SPDX-License-Identifier: Apache-2.0
SWIFT_FLAGS = --explicit-target-dependency-import-check error

.PHONY: build test format lint tools swift

swift:
	@scripts/require-swift

tools: swift
	@scripts/install-tools build

build: tools
	swift build -c release --static-swift-stdlib $(SWIFT_FLAGS)

test: swift
	@scripts/install-tools test
	swift test $(SWIFT_FLAGS)

format:
	swift format --in-place --recursive Package.swift Sources Tests

lint:
	swift format lint --strict --recursive Package.swift Sources Tests
