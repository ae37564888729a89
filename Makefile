# What people type. Each target says what it needs; `make test` is what CI runs (.ci/run).

SHELL := bash
.SHELLFLAGS := -euo pipefail -c

# What is built is looked for below target/, also where another folder is set for all of somebody's builds.
export CARGO_TARGET_DIR := $(CURDIR)/target
# Tools that this project installs for itself stay below target/.
export PATH := $(CURDIR)/target/tools/bin:$(PATH)
# Recorded OpenRouter traffic, which is not part of the repository (CONTRIBUTING.md).
export TURNPIKE_RECORDINGS ?= $(abspath $(CURDIR)/../shared/recordings)

NEXTEST_VERSION := 0.9.143
CARGO_FUZZ_VERSION := 0.13.2
# Seconds that `make fuzz` gives to each target.
FUZZ_SECONDS ?= 600
# Length of `make soak`.
SECONDS ?= 1800
BENCH := target/release/turnpike-bench
E2E_TESTS := $(notdir $(wildcard tests/e2e/*.test.js))
E2E_REPORT := target/e2e-report.jsonl
UI_TESTS := $(notdir $(wildcard tests/ui/*.test.js))
UI_REPORT := target/ui-report.jsonl
DESKTOP_TESTS := $(notdir $(wildcard tests/desktop/*.test.js))
DESKTOP_REPORT := target/desktop-report.jsonl
PACKAGE_TESTS := $(notdir $(wildcard tests/package/*.test.js))
PACKAGE_REPORT := target/package-report.jsonl
# What `make ui-measure` measures.
RELEASES = $(abspath $(or $(RELEASE),target/release))
MILLION ?= target/million/turnpike-million.sqlite
COUNTS_REPORT := target/counts-report.jsonl
VENV := target/e2e-venv

.PHONY: bench bench-build soak counts counts-keep counted ui ui-measure ui-if-there ui-test run build install test packages lint unit recordings recordings-if-there fuzz fuzz-short cargo-fuzz e2e e2e-setup tray tray-lint desktop bundle package icons holds nextest

# The demo: a simulated OpenRouter, no key, no network, nothing of yours is touched.
run: ui-if-there
	@echo "Building Turnpike; the first time takes a few minutes."
	cargo build --locked --package turnpike
	target/debug/turnpike demo

# The binaries for trying and testing.
build: ui-if-there
	cargo build --locked --package turnpike --package turnpike-sim --bins

# The release build, into cargo's bin folder.
install: ui-if-there
	cargo install --locked --path crates/turnpike

# Everything that must hold, in the order in which a mistake shows fastest.
test: packages lint unit recordings-if-there fuzz-short e2e ui-test tray-lint desktop package counts holds
	@echo "make test: all passed."

packages:
	@scripts/install-debian-packages.sh base

lint:
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --locked --workspace --no-deps
	cargo fmt --manifest-path fuzz/Cargo.toml --check

# cargo-nextest runs the tests and reports which ran. Where it is missing it is built once, with cargo alone.
nextest:
	@cargo nextest --version >/dev/null 2>&1 || \
	  cargo install --locked --root target/tools --version $(NEXTEST_VERSION) cargo-nextest

unit: nextest
	@rm -f target/nextest/ci/junit.xml
	umask 022 && cargo nextest run --locked --workspace --profile ci

# Replays recorded traffic; fails when it is not there.
recordings: nextest
	@test -d "$$TURNPIKE_RECORDINGS" || { \
	  echo "No recordings at $$TURNPIKE_RECORDINGS: set TURNPIKE_RECORDINGS to the folder that holds them." >&2; exit 1; }
	@rm -f target/nextest/recordings/junit.xml
	cargo nextest run --locked --workspace --profile recordings

recordings-if-there:
	@rm -f target/nextest/recordings/junit.xml
	@if test -d "$$TURNPIKE_RECORDINGS"; then $(MAKE) --no-print-directory recordings; else \
	  echo "Recordings are not replayed: there are none at $$TURNPIKE_RECORDINGS. The small fixtures of each quirk were."; fi

# Every fuzz target, ten minutes each, by hand; what came of it is kept in fuzz/RESULTS.md. FUZZ_JOBS says how many run side by side.
fuzz: cargo-fuzz
	node scripts/fuzz.mjs $(FUZZ_SECONDS)

fuzz-short: cargo-fuzz
	node scripts/fuzz.mjs 30

cargo-fuzz:
	@cargo fuzz --version >/dev/null 2>&1 || \
	  cargo install --locked --root target/tools --version $(CARGO_FUZZ_VERSION) cargo-fuzz

# The real client and the SDKs through the real binary.
e2e: build e2e-setup
	@rm -f $(E2E_REPORT)
	cd tests/e2e && node --test --test-concurrency=2 \
	  --test-reporter=spec --test-reporter-destination=stdout \
	  --test-reporter=./harness/reporter.js --test-reporter-destination=$(CURDIR)/$(E2E_REPORT) $(E2E_TESTS)

e2e-setup: tests/e2e/node_modules/.package-lock.json tests/e2e/claude-flow/node_modules/.package-lock.json $(VENV)/ready

tests/e2e/node_modules/.package-lock.json: tests/e2e/package-lock.json
	cd tests/e2e && npm ci --no-fund --no-audit
	@touch $@

tests/e2e/claude-flow/node_modules/.package-lock.json: tests/e2e/claude-flow/package-lock.json
	cd tests/e2e/claude-flow && npm ci --no-fund --no-audit
	@touch $@

$(VENV)/ready: tests/e2e/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement tests/e2e/requirements.txt
	@touch $@

# The page, built into ui/dist/page, from where the program takes it.
ui: ui/dist/page/index.html

ui/dist/page/index.html: ui/node_modules/.package-lock.json ui/index.html $(wildcard ui/*.ts ui/*.js) $(shell find ui/src -type f)
	cd ui && npm run --silent build

# The program can be built without Node; then it says how to get the page.
ui-if-there:
	@if npm --version >/dev/null 2>&1; then $(MAKE) --no-print-directory ui; else \
	  echo "Without Node the page is left out; the command line has all of it."; fi

ui/node_modules/.package-lock.json: ui/package-lock.json
	cd ui && npm ci --no-fund --no-audit
	@touch $@

tests/ui/node_modules/.package-lock.json: tests/ui/package-lock.json
	cd tests/ui && npm ci --no-fund --no-audit
	@touch $@

# The page: its types, its pure parts, and the whole of it in Debian's Chromium against the real service. Pictures of every view
# are left in target/ui-screenshots.
ui-test: build tests/ui/node_modules/.package-lock.json
	@scripts/install-debian-packages.sh browser
	@rm -f $(UI_REPORT)
	cd ui && npm run --silent check && npm run --silent lint && npm run --silent test
	cd tests/ui && node --test --test-concurrency=2 --test-timeout=900000 \
	  --test-reporter=spec --test-reporter-destination=stdout \
	  --test-reporter=../e2e/harness/reporter.js --test-reporter-destination=$(CURDIR)/$(UI_REPORT) $(UI_TESTS)

# How fast the page is, also over a million rows: release builds in Chromium. Writes target/page.md, from which "The page" in
# bench/RESULTS.md is kept. By hand, as `bench`. RELEASE=folder takes release binaries that are there, with the page that is in them;
# MILLION=file a ledger that is there (it is copied). Else both are made, which takes its time.
ui-measure: $(if $(RELEASE),,ui) tests/ui/node_modules/.package-lock.json $(MILLION)
	@scripts/install-debian-packages.sh browser
ifndef RELEASE
	cargo build --locked --release --package turnpike --package turnpike-sim --bins
endif
	cd tests/ui && TURNPIKE_BIN=$(RELEASES)/turnpike TURNPIKE_SIM_BIN=$(RELEASES)/turnpike-sim \
	  node measure.js $(CURDIR)/target/page.md $(abspath $(MILLION))

# Its questions are looked at elsewhere: here they only need to have been asked.
target/million/turnpike-million.sqlite:
	@mkdir -p $(@D)
	cargo run --locked --release --package turnpike-ledger --example million 1000000 $(@D) || test -f $@

# The tray, beside the service that it starts. A workspace of its own: cold, it takes some eight minutes on two cores.
tray:
	@scripts/install-debian-packages.sh tauri
	cargo build --locked --manifest-path src-tauri/Cargo.toml --target-dir target

tray-lint: tray
	cargo fmt --manifest-path src-tauri/Cargo.toml --check
	cargo clippy --locked --manifest-path src-tauri/Cargo.toml --target-dir target -- --deny warnings

# The tray on a real desktop without a monitor. Pictures of it are kept in target/desktop, to be looked at.
desktop: build tray
	@scripts/install-debian-packages.sh desktop
	@rm -f $(DESKTOP_REPORT)
	cd tests/desktop && node --test --test-concurrency=1 \
	  --test-reporter=spec --test-reporter-destination=stdout \
	  --test-reporter=../e2e/harness/reporter.js --test-reporter-destination=$(CURDIR)/$(DESKTOP_REPORT) $(DESKTOP_TESTS)

# The Debian package, from release builds, into target/bundle. (An AppImage is configured in src-tauri/tauri.conf.json, but its
# tools are downloads: it was never built or tested here.)
bundle: ui-if-there
	@scripts/install-debian-packages.sh base tauri
	cargo build --locked --release --package turnpike
	cargo build --locked --release --manifest-path src-tauri/Cargo.toml --target-dir target
	scripts/bundle-deb.sh target/release target/bundle

# The package of the binaries for testing: installed in a clean root, used, upgraded under running streams, removed.
package: build tray
	@rm -f $(PACKAGE_REPORT)
	cd tests/package && node --test \
	  --test-reporter=spec --test-reporter-destination=stdout \
	  --test-reporter=../e2e/harness/reporter.js --test-reporter-destination=$(CURDIR)/$(PACKAGE_REPORT) $(PACKAGE_TESTS)

# Draws the icons anew: SVG by icons/draw.py, PNG by rsvg-convert (Debian: librsvg2-bin). Both are kept in the repository.
icons:
	python3 icons/draw.py icons
	for file in icons/tray/*.svg; do rsvg-convert -w 44 -h 44 "$$file" -o "$${file%.svg}.png"; done
	for size in 32 128 256; do rsvg-convert -w $$size -h $$size icons/app.svg -o icons/app-$$size.png; done
	cp icons/app-256.png src-tauri/icons/icon.png

# Instructions and allocations of translating, held against tests/counts/counts.json: more of them, or fewer, is told.
counts: counted
	@rm -f $(COUNTS_REPORT)
	cd tests/counts && node --test \
	  --test-reporter=spec --test-reporter-destination=stdout \
	  --test-reporter=../e2e/harness/reporter.js --test-reporter-destination=$(CURDIR)/$(COUNTS_REPORT) counts.test.js

# Keeps the counts of now.
counts-keep: counted
	cd tests/counts && TURNPIKE_KEEP_COUNTS=1 node --test counts.test.js

counted:
	@scripts/install-debian-packages.sh counts
	cargo build --locked --profile counts --package turnpike-translate --example counted

# Every test that tests/HOLDS.md and tests/FAULTS.md name ran and passed.
holds:
	node scripts/check-holds.mjs

# Release builds side by side with the bare simulator, nginx and peers; writes target/bench.md, from which bench/RESULTS.md is kept.
# By hand: times on a shared machine decide nothing in CI. QUICK=1 leaves the peers out and takes less than three minutes.
bench: bench-build
ifdef QUICK
	$(BENCH) run --quick
else
	scripts/install-bench-peers.sh target/bench-peers
	$(BENCH) run --peers target/bench-peers
endif

# A mixed load for half an hour, by hand: no event and no cent may be lost, memory and open files must not grow.
soak: bench-build
	$(BENCH) soak --seconds $(SECONDS)

bench-build: ui-if-there
	@scripts/install-debian-packages.sh bench || echo "What is missing is left out of the benchmark." >&2
	cargo build --locked --release --package turnpike --package turnpike-sim --package turnpike-bench --bins
