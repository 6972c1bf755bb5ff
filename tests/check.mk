# What `make check` is made of. Each part can be run by itself.
#   unit         Boost.Test, every module          layers       who may include whom, file sizes
#   docs-check   manual pages and README           install-check  make install, make uninstall
#   units-check  service managers accept their units
#   cases        the interface as data             system       real nginx, whole programs
#   apache       what depends on the web server, with Apache
#   apache-fcgid apache-cgi nginx-cgi            the same where it starts the programs
#   fuzz         each target for FUZZ_SECONDS      sanitize     unit and system tests, instrumented
#   model-quick  how a group of depots switches, by spin; make model checks more of it
# Tests of whole programs wait more than they compute: beside them everything else is built, with what
# they leave of the processors. What a part has printed is in build/check/PART.log, too.
JOBS ?= $(shell nproc)
# Fuzzing has the rest of the time, whatever else there is to do. What waits most goes beside what
# computes most, so that no lane is long alone at the end; the first minute is that of the system tests
# that no other one must disturb.
LANES = 'system after:build-thread sanitize-thread' \
  'after:build-address $(STARTING_SERVERS) cases apache' \
  'layers docs-check units-check install-check quiet:build-address quiet:build-thread quiet:build-unit \
   quiet:build-fuzz unit model-quick sanitize-address' \
  'after:build-fuzz quiet:fuzz'
MAKE_PART = $(MAKE) --no-print-directory WERROR=1 UNITY=1 DEBUG=-g1 JOBS=$(JOBS)
part_jobs = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
each = +@$(MAKE_PART) $(part_jobs)

.PHONY: check build-unit build-address build-thread build-fuzz unit layers sanitize sanitize-address \
  sanitize-thread sanitized-system install-check
check: deps
	$(each) all $(FAULTS) $(GATE_TOOL)
	@$(PYTHON3) -B tests/check.py build/check $(LANES) -- $(MAKE_PART) -j$(JOBS)
build-unit:
	$(each) tests
build-address:
	$(each) SANITIZE=address all tests
build-thread:
	$(each) SANITIZE=thread all $(TSAN_UNITS)
build-fuzz:
	$(each) $(FUZZERS)

# The library of the sanitizers finds names of functions only with a program that it is told of.
SANITIZER_OPTIONS := external_symbolizer_path=/usr/bin/addr2line
export ASAN_OPTIONS := $(SANITIZER_OPTIONS)
export UBSAN_OPTIONS := $(SANITIZER_OPTIONS):print_stacktrace=1
export TSAN_OPTIONS := $(SANITIZER_OPTIONS):suppressions=$(CURDIR)/tests/tsan.supp
unit: $(UNIT_TESTS:%=%.run)
.PHONY: $(UNIT_TESTS:%=%.run)
$(UNIT_TESTS:%=%.run): %.run: %
	@$< --log_level=warning --color_output=no \
	  >$<.log 2>&1 || { cat $<.log; exit 1; }
	@echo "$(notdir $<): $$(sed -n '/^Running \(.*\)\.\.\.$$/{s//\1/p;q}' $<.log), no errors"
layers:
	$(PYTHON3) tests/layers.py --self-test
	$(PYTHON3) tests/layers.py

# ThreadSanitizer where there are threads; the programs behind nginx with both. The whole system suite
# with one of them: make SANITIZE=thread all sanitized-system SYSTEM_TESTS=tests/system
TSAN_MODULES := lmdb net depot pkg5 group http fcgi
TSAN_UNITS := $(TSAN_MODULES:%=build/tsan/tests/%_test)
SANITIZED_FILES := commits gate manifests reload serve_publish
SYSTEM_TESTS := $(SANITIZED_FILES:%=tests/system/test_%.py)
# How random inputs are answered is tested without them, and with address by fuzzing: here it is what
# happens in memory meanwhile, of which fewer show as much.
FEWER := RC_PARAMS=max_success=25
sanitize: sanitize-address sanitize-thread
sanitize-address:
	$(each) SANITIZE=address $(FEWER) unit sanitized-system
sanitize-thread:
	$(each) SANITIZE=thread $(FEWER) UNIT_TESTS='$(TSAN_UNITS)' unit sanitized-system
sanitized-system: all
	METASET_BUILD=$(CURDIR)/$(BUILD) \
	  $(PYTHON3) -B -m pytest -q -p no:cacheprovider -n 2 --dist loadgroup $(SYSTEM_TESTS)

# What `make install` puts somewhere works from there, and `make uninstall` leaves nothing.
INSTALLED := build/installed
install-check: all
	@rm -rf $(INSTALLED)
	@$(MAKE) --no-print-directory install DESTDIR=$(CURDIR)/$(INSTALLED) PREFIX=/usr >/dev/null
	@$(INSTALLED)/usr/bin/metaset --version && $(INSTALLED)/usr/bin/metaset-serve --version
	@test -f $(INSTALLED)/usr/share/metaset/nginx/depot.conf
	@test -f $(INSTALLED)/usr/share/metaset/apache/depot.conf
	@test -f $(INSTALLED)/usr/share/metaset/grafana/metaset.json
	@test -f $(INSTALLED)/usr/share/man/man1/metaset.1
	@test -f $(INSTALLED)/usr/share/man/man7/metaset-migrate.7
	@test -f $(INSTALLED)/usr/share/bash-completion/completions/metaset
	@test -f $(INSTALLED)/usr/share/zsh/site-functions/_metaset
	@test -f $(INSTALLED)/usr/share/fish/vendor_completions.d/metaset.fish
	@grep -q metaset-serve $(INSTALLED)/usr/share/bash-completion/completions/metaset-serve
	@grep -q metaset-publish $(INSTALLED)/usr/share/fish/vendor_completions.d/metaset-publish.fish
	@! grep -rn @BINDIR@ $(INSTALLED)/usr/lib $(INSTALLED)/usr/share
	@$(MAKE) --no-print-directory uninstall DESTDIR=$(CURDIR)/$(INSTALLED) PREFIX=/usr >/dev/null
	@left=$$(find $(INSTALLED) ! -type d); test -z "$$left" || { echo "left behind: $$left"; exit 1; }
