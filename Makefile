# One way to build, try, test and install. PHP_CONFIG=/path/to/php-config picks another PHP.

export PHP_CONFIG
EXTENSION := target/release/libsecure_dispatch.so
# ext-php-rs builds for the PHP that it finds by these.
ifneq ($(PHP_CONFIG),)
export PHP := $(shell $(PHP_CONFIG) --php-binary)
else
unexport PHP_CONFIG
endif
CARGO := cargo
TARGETS := answer card order outbox schema settings

.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-engine test-parts test-php test-woocommerce lint analyse bench-parts bench bench-fpm bench-outage bench-path bench-start bench-order bench-outbox bench-checkout torture fuzz text-order stubs pot package package-woocommerce install clean

help: ## What there is
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## Install what building and testing need (Debian, Ubuntu)
	@tools/setup test

build: ## Build the extension
	@tools/setup build
	$(CARGO) build --release --locked -p secure_dispatch

demo: build ## Send an order to an API on this machine, and look at what came of it
	$(CARGO) build --release --locked -p testbed
	@demo/run

test: ## Run all tests; the last line sums them
	@tools/test

test-engine: ## Run the engine's and the testbed's tests, which need no PHP
	@tools/setup build
	$(CARGO) test --locked --no-fail-fast -p secure_dispatch_engine -p testbed

# What the .phpt tests run against: an API, and the extension without custody.
test-parts: setup build
	$(CARGO) build --release --locked -p testbed
	$(CARGO) build --profile naive --features naive --locked -p secure_dispatch

test-php: test-parts ## Run the .phpt tests: real PHP, php-fpm and Apache
	php-tests/run $(TESTS)

test-woocommerce: test-parts ## Try the WooCommerce plugin in a real shop: WORDPRESS_DIR, WOOCOMMERCE_DIR, WP_CLI
	php-tests/run wordpress woocommerce

lint: setup ## Check formatting, lints, dependencies
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	@tools/cargo-deny check --hide-inclusion-graph licenses bans sources

analyse: setup ## Run PHPStan, Psalm, phpcs, Plugin Check, where they are installed (PHPSTAN, PSALM, PHPCS, PLUGIN_CHECK)
	@tools/analyse

# What comparisons run against: an API, and what nobody undercuts.
bench-parts: build
	@tools/setup bench
	$(CARGO) build --release --locked -p testbed
	$(CARGO) build --release --locked -p secure_dispatch_engine --example bench_floor

bench: bench-parts ## What sending an order costs, and keeping it on disk, beside every other way PHP has: ROUNDS (default 40)
	@bench/dispatch/run bench.php

bench-fpm: bench-parts ## The same in php-fpm, one dispatch in each request: ROUNDS (default 40)
	@bench/dispatch/run fpm.php

bench-outage: bench-parts ## What a call takes in php-fpm while the API hangs, with an outbox and without: ROUNDS (default 20)
	@bench/dispatch/run outage.php

bench-path: bench-parts ## The same over a way of 40 ms there and back: ROUNDS (default 20)
	@bench/dispatch/run path.php

bench-start: bench-parts ## What starting costs: a process, its first dispatch, memory over DISPATCHES (default 100000); ROUNDS (default 40)
	@bench/dispatch/run start.php

bench-order: build ## What it costs to make an order fit to leave, beside json_encode
	$(CARGO) build --release --features bench --locked -p secure_dispatch
	cp $(EXTENSION) target/bench-order.so
	$(CARGO) build --release --locked -p secure_dispatch
	@bench/order $(CURDIR)/target/bench-order.so

bench-outbox: ## What keeping an order costs, beside what SQLite itself takes; ROWS (default 100000)
	$(CARGO) run --release --quiet --locked -p secure_dispatch_engine --example bench_outbox -- $(ROWS)

bench-checkout: test-parts ## What the plugin adds to a checkout, beside a shop without it: WORDPRESS_DIR, WOOCOMMERCE_DIR
	php-tests/run --php -d extension=curl -d extension=mysqlnd -d extension=mysqli ../bench/checkout.php

torture: setup build ## Kill PHP and the API at random for long, and count what is lost: KILLS, ORDERS
	$(CARGO) build --release --locked -p testbed
	@tools/torture

fuzz: ## Fuzz each target for SECONDS (default 60)
	@tools/fuzz $(TARGETS)

text-order: bench-parts ## Write text-order.ld anew: which functions a start and a dispatch run
	@tools/setup profile
	$(CARGO) rustc --release --locked -p secure_dispatch --target-dir target/text-order --config 'profile.release.strip="none"' -- -C link-arg=-Wl,--no-demangle,-Map=target/text-order/map
	MAP="$(CURDIR)/target/text-order/map" EXTENSION="$(CURDIR)/target/text-order/release/libsecure_dispatch.so" bench/dispatch/run "$(CURDIR)/tools/text-order" > target/text-order/new
	mv target/text-order/new text-order.ld

stubs: build ## Write the stubs anew, from the built extension
	$$($${PHP_CONFIG:-php-config} --php-binary) -n -d extension=$(CURDIR)/$(EXTENSION) stubs/generate.php > stubs/secure_dispatch.stub.php.new
	mv stubs/secure_dispatch.stub.php.new stubs/secure_dispatch.stub.php

package: build ## Make an archive to install from
	@tools/package $(EXTENSION)

pot: ## Write the WooCommerce plugin's translation template anew
	@tools/pot integrations/woocommerce/languages/secure-dispatch.pot

package-woocommerce: ## Make the WooCommerce plugin's zip, of what is committed
	@tools/package-woocommerce

install: ## Install what `make build` built into PHP's extension directory, and enable it
	@[ -f $(EXTENSION) ] || { echo "make install: nothing is built yet; run 'make build' first, as the user who has cargo" >&2; exit 1; }
	@tools/install $(EXTENSION)

clean: ## Remove everything that was built
	$(CARGO) clean
	find php-tests -regex '.*\.\(diff\|exp\|log\|out\|php\|sh\|mem\)' -delete
