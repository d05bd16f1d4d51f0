# Till. `make run` sells a card, `make test` proves that it may. Needs Go, gcc and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
PREFIX ?= /usr/local
FUZZTIME ?= 10s
RUNS ?= 300
SEEDS ?= 2000

.PHONY: run build test lint fuzz sim mutants crash bench install clean

run: build ## the cashier's demo: reader, printer and host are simulated
	./bin/till demo

build: ## bin/till and bin/hwsim
	$(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/ ./cmd/till ./cmd/hwsim

test: ## everything that a change must pass; checks that lack their tool are named and counted in the last line
	$(GO) vet ./...
	$(GO) test -race -timeout 40m -json ./... | $(GO) run ./ci/summary

lint: ## formatting, vet, staticcheck and dead code, each where its tool is there
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/till
	CGO_ENABLED=0 $(GO) build -o /dev/null ./cmd/hwsim
	CGO_ENABLED=0 $(GO) test ./device
	@if command -v staticcheck >/dev/null; then staticcheck ./...; else echo "staticcheck is not installed: go install honnef.co/go/tools/cmd/staticcheck@v0.8.2"; test -z "$${CI:-}"; fi
	@if command -v deadcode >/dev/null; then dead=$$(deadcode -test ./...); echo "$$dead"; test -z "$$dead"; else echo "deadcode is not installed: go install golang.org/x/tools/cmd/deadcode@v0.52.0"; test -z "$${CI:-}"; fi

fuzz: ## every fuzz target for FUZZTIME; -fuzzminimizetime=1x, or the fuzzer stalls (golang/go#48820); then drawn cases, others than each time
	@$(GO) list -f '{{if .TestGoFiles}}{{.Dir}}{{end}}{{if .XTestGoFiles}} {{.Dir}}{{end}}' ./... | tr ' ' '\n' | sort -u | while read -r dir; do \
	  test -n "$$dir" || continue; \
	  { grep -hoE '^func Fuzz[A-Za-z0-9_]+' "$$dir"/*_test.go 2>/dev/null || true; } | sed 's/^func //' | sort -u | while read -r target; do \
	    echo "== $${dir#$(CURDIR)/} $$target"; \
	    $(GO) test "$$dir" -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime=1x; \
	  done; \
	done
	RAPID_SEED=0 RAPID_CHECKS=1000 $(GO) test -count=1 $$($(GO) list -f '{{range .TestImports}}{{if eq . "pgregory.net/rapid"}}{{$$.ImportPath}} {{end}}{{end}}{{range .XTestImports}}{{if eq . "pgregory.net/rapid"}}{{$$.ImportPath}} {{end}}{{end}}' ./... | tr ' ' '\n' | sort -u)

sim: ## SEEDS days of a lane under every fault, then the checks; SEED=n replays one day with its events
	@report=$$(mktemp); ok=0; \
	$(GO) test ./sim -count=1 -timeout 12h -run '^TestDays$$' -seeds $(SEEDS) $(if $(SEED),-seed $(SEED)) -report $$report >$$report.log 2>&1 || ok=$$?; \
	test -s $$report || cat $$report.log; cat $$report; rm -f $$report $$report.log; exit $$ok

mutants: ## defects planted in the engine and the register; the simulation must find each within 200 days
	@report=$$(mktemp); ok=0; \
	$(GO) test ./sim -count=1 -timeout 60m -run '^TestMutants$$' -mutants -report $$report >$$report.log 2>&1 || ok=$$?; \
	test $$ok = 0 || cat $$report.log; cat $$report; rm -f $$report $$report.log; exit $$ok

crash: build ## RUNS faults of every kind against the real terminal and a host that survives; KILLS=n: kills alone
	@report=$$(mktemp); ok=0; \
	$(GO) test ./crash -count=1 -timeout 60m -v $(if $(KILLS),-run '^TestKill$$' -kills $(KILLS),-run '^(TestCampaign|TestPlantedDefectsAreFound)$$' -runs $(RUNS)) $(if $(SEED),-seed $(SEED)) -report $$report || ok=$$?; \
	cat $$report; rm -f $$report; exit $$ok

bench: build ## speed and memory, each beside a floor measured in the same run
	$(GO) run ./bench -till bin/till -hwsim bin/hwsim

install: build
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 0755 bin/till bin/hwsim $(DESTDIR)$(PREFIX)/bin/

clean:
	rm -rf bin
