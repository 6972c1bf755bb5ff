# make system: whole programs behind real nginx. make cases: the interface as data, tests/cases/*.case,
# through every kind of web server connection.
.PHONY: system cases
PYTEST = METASET_BUILD=$(CURDIR)/build $(PYTHON3) -B -m pytest -q -p no:cacheprovider
cases: all
	$(PYTEST) tests/cases
system: all
	$(PYTEST) tests/system
