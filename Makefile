# Postern: everything a person types. `make help` lists it.

SWIFT ?= swift
PREFIX ?= /usr/local
SOURCES := Package.swift Sources Tests

.DEFAULT_GOAL := help
.PHONY: help requirements test-requirements build release demo test bench fmt lint install clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

requirements:
	@scripts/requirements build

test-requirements:
	@scripts/requirements test

build: requirements ## Build everything (debug)
	$(SWIFT) build

release: requirements ## Build the optimised executables into .build/release
	$(SWIFT) build -c release --product postern
	$(SWIFT) build -c release --product m365-emulator

demo: requirements ## Replay the incident: 27 reports at once, before and with Postern
	@echo "Building (the first time takes some minutes) ..."
	@$(SWIFT) build --product postern --quiet
	@.build/debug/postern demo

lint: ## Check formatting and the import rules
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)
	scripts/check-imports

fmt: ## Format the sources in place
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

test: test-requirements lint ## Lint, build and run all tests
	$(SWIFT) build --build-tests --quiet
	$(SWIFT) test --skip-build --no-parallel --skip IntegrationTests
	$(SWIFT) test --skip-build --filter IntegrationTests

bench: test-requirements release ## Accept rate beside Postfix, in one run
	scripts/bench-accept

install: release ## Install both programs below PREFIX and, where there is none, the configuration
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)/etc/postern
	install -m 755 .build/release/postern .build/release/m365-emulator $(DESTDIR)$(PREFIX)/bin/
	@test -e $(DESTDIR)/etc/postern/postern.yaml || install -m 640 config/postern.yaml $(DESTDIR)/etc/postern/postern.yaml

clean: ## Remove what was built
	rm -rf .build
