# Two commands: make run, make test. make help lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
GO ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS := -X main.version=$(VERSION)
# The race detector watches the product and every library that keeps something for several
# goroutines. What only computes goes unwatched, and the camera that the tests photograph
# cards with: they were two fifths of the tests' time. A library that hands its caches on by
# atomics (templates, JSON) does not belong here: what it made would look like a race.
UNWATCHED := modernc.org/sqlite/lib golang.org/x/crypto/argon2 image/... golang.org/x/image/... gelombang/sim/ktp
# Tests that wait (for a disk, a server, a browser) leave room for others.
TOGETHER := 4
RACE := -race $(UNWATCHED:%=-gcflags=%=-race=false)
WITH_POSTGRES := $(GO) run ./internal/sqldb/sqldbtest/withpostgres

.PHONY: help run build test lint soak bench clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

run: build ## build, then start the demo: everything simulated, state in ./data
	@bin/gelombang demo

build: ## build bin/gelombang, one static file
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/gelombang ./cmd/gelombang

test: ## everything: vet, lint, unit, property, both databases, the journey in a browser
	@scripts/need
	@$(GO) vet ./...
	@$(MAKE) --no-print-directory lint
	@npm ci --silent --no-audit --no-fund --prefix cmd/gelombang/testdata/axe
	@$(MAKE) --no-print-directory build
	@$(WITH_POSTGRES) $(GO) test $(RACE) -parallel $(TOGETHER) -timeout 20m ./...

lint: ## golangci-lint, as .golangci.yml says
	@$(GO) build -C tools -o ../bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@bin/golangci-lint run ./...

soak: ## the longer proofs, six hours and more: twenty kills, 20 s outages, cut cables, Patroni, ten million accounts, the whole first day
	@scripts/need soak
	@$(WITH_POSTGRES) $(GO) test $(RACE) -tags soak -timeout 120m ./internal/... ./cmd/... ./photo/... ./notify/... ./hooks/...
	@$(WITH_POSTGRES) $(GO) test -tags soak -timeout 120m -run AFullDatabase ./account/
	@$(MAKE) --no-print-directory build
	@bin/gelombang rehearse day --self --applicants 1432133 --compress 14

bench: build ## every published figure side by side with its target; 50 minutes, nothing else running
	@scripts/need
	@GO=$(GO) scripts/bench

clean: ## remove what was built (not ./data)
	@rm -rf bin
