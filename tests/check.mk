# What `make check` is made of. Each part can be run by itself.
.PHONY: check unit layers
check: deps
	$(MAKE) WERROR=1 all tests
	$(MAKE) unit layers
unit: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do echo "$$t"; $$t --log_level=warning || exit 1; done
layers:
	$(PYTHON3) tests/layers.py
