# Two commands set up a bare Debian machine that has Swift: `make demo` and `make test`.
# What they install: the headers of three C libraries (libjson-c-dev, liblz4-dev, zlib1g-dev), and Python packages in
# .venv for cross-checks.

SWIFT ?= swift
PREFIX ?= /usr/local
RELEASE = .build/release/tandem
RELEASE_FLAGS = -c release --static-swift-stdlib --product tandem

.PHONY: help setup build release demo test test-full fuzz lint format install uninstall clean

help: ## Lists the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## Installs what is missing: libjson-c-dev, liblz4-dev, zlib1g-dev
	@.ci/setup

build: setup ## Builds for debugging
	@$(SWIFT) build

release: setup ## Builds the released tool: one executable that needs no library
	@$(SWIFT) build $(RELEASE_FLAGS)

demo: release ## Packs a real model and gives it back bit for bit; a tandem writes in every mode
	@samples/demo $(RELEASE)

test: setup ## Everything that CI checks
	@.ci/test

test-full: test ## Also what needs large downloads and long runs
	@.ci/test-full

fuzz: release ## Fuzzes each reader; SECONDS_EACH=600 sets the time
	@.ci/fuzz

lint: ## Checks the layout of the code and the unsafe fence
	@.ci/lint

format: ## Lays the code out
	@$(SWIFT) format --in-place --recursive --parallel Sources Tests Package.swift

install: release ## Installs the tool under PREFIX (/usr/local)
	@install -D -m 755 $(RELEASE) $(DESTDIR)$(PREFIX)/bin/tandem
	@strip $(DESTDIR)$(PREFIX)/bin/tandem
	@echo "installed $(DESTDIR)$(PREFIX)/bin/tandem"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) echo "add $(PREFIX)/bin to PATH to call it by its name" ;; esac

uninstall: ## Removes the tool from PREFIX
	@rm -f $(DESTDIR)$(PREFIX)/bin/tandem
	@echo "removed $(DESTDIR)$(PREFIX)/bin/tandem"

clean: ## Removes what was built
	@rm -rf .build .build-* .venv
