# What `make check` is made of. Each part can be run by itself.
#   unit         Boost.Test, every module          layers       who may include whom, file sizes
#   docs-check   manual pages and README           system       real nginx, whole programs
#   fuzz         each target for FUZZ_SECONDS      sanitize     unit tests under ASan+UBSan and TSan
JOBS ?= $(shell nproc)
CHECKS := unit layers docs-check install-check system fuzz sanitize
part = +@$(MAKE) --no-print-directory -j$(JOBS) WERROR=1

.PHONY: check unit layers sanitize install-check
check: deps
	$(part) all tests
	@for part in $(CHECKS); do \
	  start=$$(date +%s); echo "== $$part"; \
	  $(MAKE) --no-print-directory WERROR=1 JOBS=$(JOBS) $$part || { echo "== $$part failed"; exit 1; }; \
	  echo "== $$part passed ($$(( $$(date +%s) - start )) s)"; \
	done

unit: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do \
	  echo "$$t"; $$t --log_level=warning --color_output=no >$$t.log 2>&1 || { cat $$t.log; exit 1; }; \
	  sed -n '/test cases\.\.\.\|No errors/p' $$t.log; \
	done
layers:
	$(PYTHON3) tests/layers.py
sanitize:
	$(part) SANITIZE=address tests
	$(part) SANITIZE=thread tests
	@$(MAKE) --no-print-directory SANITIZE=address unit
	@$(MAKE) --no-print-directory SANITIZE=thread unit

# What `make install` puts somewhere works from there, and `make uninstall` leaves nothing.
INSTALLED := build/installed
install-check: all
	@rm -rf $(INSTALLED)
	@$(MAKE) --no-print-directory install DESTDIR=$(CURDIR)/$(INSTALLED) PREFIX=/usr >/dev/null
	@$(INSTALLED)/usr/bin/metaset --version && $(INSTALLED)/usr/bin/metaset-serve --version
	@test -f $(INSTALLED)/usr/share/metaset/nginx/depot.conf
	@test -f $(INSTALLED)/usr/share/man/man1/metaset.1
	@$(MAKE) --no-print-directory uninstall DESTDIR=$(CURDIR)/$(INSTALLED) PREFIX=/usr >/dev/null
	@left=$$(find $(INSTALLED) -type f); test -z "$$left" || { echo "left behind: $$left"; exit 1; }
