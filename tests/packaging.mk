# What belongs to the service managers, and the Debian package.
#   units-check      systemd accepts the units, and finds them locked down; the SMF manifest is in order
#   check-packaging  the Debian package is built and installed on a machine in a directory, with a
#                    systemd of its own: used, upgraded, removed, purged. As root, by a mirror of
#                    Debian. METASET_DEB=FILE: of that package.
UNIT_FILES = $(addprefix build/units/,$(notdir $(UNITS)))
SERVICE_FILES = $(filter %.service,$(UNIT_FILES))
# The most that `systemd-analyze security` may find, in tenths: agents use the network, a collection
# gives files to groups, and it and a verification give themselves a low priority.
MAX_EXPOSURE = $(if $(findstring agent,$(1)),11,$(if $(findstring gc,$(1)),5,$(if $(findstring verify,$(1)),3,2)))
.PHONY: units-check check-packaging
units-check: all
	@mkdir -p build/units
	@for u in $(UNITS); do \
	  sed 's|@BINDIR@|$(CURDIR)/$(BUILD)|' $$u >build/units/$$(basename $$u) || exit 1; done
	@if command -v systemd-analyze >/dev/null; then \
	  systemd-analyze verify --man=no $(UNIT_FILES) >build/units/log 2>&1; \
	  ! grep metaset build/units/log || exit 1; \
	  $(foreach u,$(SERVICE_FILES),systemd-analyze security --offline=true --no-pager \
	    --threshold=$(call MAX_EXPOSURE,$(u)) $(u) >build/units/log || { grep '^[^✓]' build/units/log; exit 1; }; \
	    sed -n 's/.*exposure level for \(.* [0-9.]*\) .*/units-check: exposure of \1/p' build/units/log;) \
	else echo 'units-check: there is no systemd-analyze'; fi
	@$(PYTHON3) -B tests/smf.py $(BUILD)
check-packaging: deps-packaging all
	$(PYTEST) -x tests/packaging
