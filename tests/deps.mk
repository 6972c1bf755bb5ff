# Debian 12 packages: what building, testing, benchmarking and the demonstration need.
DEPS_BUILD := g++ make autoconf pkg-config libfcgi-dev rapidjson-dev liblmdb-dev libssl-dev zlib1g-dev \
  libdeflate-dev libelf-dev libcurl4-openssl-dev libutf8proc-dev libfmt-dev libcli11-dev libboost-test-dev \
  librapidcheck-dev libkainjow-mustache-dev
DEPS_RUN := nginx python3
DEPS_CHECK := python3-pytest python3-pytest-xdist mandoc clang-16 libclang-rt-16-dev lld-16 \
  clang-format-16 clang-tidy-16 lmdb-utils strace curl openssl rsync zsh fish fcgiwrap \
  apache2-bin libapache2-mod-fcgid libapache2-mod-xsendfile etcd-server etcd-client spin \
  chromium chromium-driver python3-selenium python3-html5lib tidy
# (On machines with systemd etcd-server also starts a service; no test uses that one.)
DEPS_BENCH := wrk libbenchmark-dev
# Only make check-packaging needs these, and root.
DEPS_PACKAGING := dpkg-dev debhelper debootstrap lintian fakeroot libxml2-utils
DEPS := $(DEPS_BUILD) $(DEPS_RUN) $(DEPS_CHECK) $(DEPS_BENCH)

.PHONY: deps deps-packaging print-deps
deps-packaging: deps
	@sh tests/install-deps.sh $(foreach d,$(DEPS_PACKAGING),'$(d)')
print-deps:
	@echo $(DEPS)
# Asks dpkg only; apt (and root) is needed only if something is missing.
deps:
	@sh tests/install-deps.sh $(foreach d,$(DEPS),'$(d)')
