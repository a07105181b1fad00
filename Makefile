# Postern: everything a person types. `make help` lists it.

SWIFT ?= swift
PREFIX ?= /usr/local
SOURCES := Package.swift Sources Tests

# The executables need no Swift on the machine they run on, and are a third faster than with its shared libraries. lld comes
# with the toolchain.
RELEASE := $(SWIFT) build -c release --static-swift-stdlib -Xswiftc -use-ld=lld

.DEFAULT_GOAL := help
.PHONY: help requirements test-requirements build release demo test test-long crash limits isolation duplicates soak trial simulate build-tests bench fmt lint install clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

requirements:
	@scripts/requirements build

test-requirements:
	@scripts/requirements test

build: requirements ## Build everything (debug)
	$(SWIFT) build

release: requirements ## Build the optimised executables into .build/release
	$(RELEASE) --product postern
	$(RELEASE) --product m365-emulator

demo: requirements ## Replay the incident: 27 reports at once, before and with Postern
	@echo "Building (the first time takes some minutes) ..."
	@$(SWIFT) build --product postern --quiet
	@.build/debug/postern demo

lint: ## Check formatting, the import rules, and that documents name tests that exist
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)
	scripts/check-imports
	scripts/check-docs

fmt: ## Format the sources in place
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

test: test-requirements lint ## Lint, build and run all tests
	$(SWIFT) build --build-tests --quiet
	$(SWIFT) test --skip-build --no-parallel --skip IntegrationTests --skip SimulationTests
	$(SAME_EVERY_TIME) $(SWIFT) test --skip-build --no-parallel --filter SimulationTests
	$(SWIFT) test --skip-build --filter IntegrationTests

# The proofs of docs/INTERNALS.md at full length, one target each; `make test` runs shorter ones.
PROOF = POSTERN_LONG=1 $(SWIFT) test --skip-build --filter

test-long: test simulate crash limits isolation duplicates trial soak ## All tests, and every proof at full length (hours)

crash: build-tests ## Proof: a thousand kills lose nothing and double nothing unnoticed
	$(PROOF) 'IntegrationTests.(Crash|LargeMail)'

limits: build-tests ## Proof: no window above a limit, across restarts in bursts
	$(PROOF) 'IntegrationTests.(Limit|Submission)'

isolation: build-tests ## Proof: a throttled mailbox delays no other
	$(PROOF) 'IntegrationTests.Isolation'

duplicates: build-tests ## Proof: lost answers double nothing, or nothing unnoticed
	$(PROOF) 'IntegrationTests.Duplicate'

trial: build-tests ## Proof: a shadow delivers nothing, and nobody misses mail for a trial
	$(PROOF) 'IntegrationTests.(Trial|Shadow|MigrationGuide)'

soak: build-tests ## Proof: an hour of mail and faults on flat memory and descriptors
	$(PROOF) 'IntegrationTests.Soak'

# Otherwise the order of a dictionary differs from run to run, and a seed alone would not say what happens.
SAME_EVERY_TIME = SWIFT_DETERMINISTIC_HASHING=1
SEEDS = 10000

simulate: requirements ## Proof: delivery under SEEDS=10000 seeds of trouble; SEED=n replays one, DAY=1 is a busy day
	@$(RELEASE) --product postern-simulation --quiet
	@$(SAME_EVERY_TIME) .build/release/postern-simulation $(if $(SEED),--seed $(SEED),$(if $(DAY),--day,--seeds $(SEEDS)))

build-tests: test-requirements
	$(SWIFT) build --build-tests --quiet

bench: test-requirements release ## Accept rate beside Postfix, in one run; then what a million waiting messages cost
	scripts/bench-accept
	scripts/bench-backlog

install: release ## Install both programs below PREFIX and, where there is none, the configuration
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)/etc/postern
	install -m 755 .build/release/postern .build/release/m365-emulator $(DESTDIR)$(PREFIX)/bin/
	@test -e $(DESTDIR)/etc/postern/postern.yaml || install -m 640 config/postern.yaml $(DESTDIR)/etc/postern/postern.yaml

clean: ## Remove what was built
	rm -rf .build
