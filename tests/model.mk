# The models of how a group of depots switches: what spin checks, and how they are known to be able to fail,
# is in tests/model/README.md.
#   make model [MODEL_CHECKS="two fence"]
#   make model MODEL_CHECKS="three three-joining" MODEL_SECONDS=3600     three members, for an hour
MODEL_ALL := $(shell sed -n 's/^\([a-z][a-z-]*\) .*/\1/p' tests/model/checks)
MODEL_CHECKS ?= $(MODEL_ALL)
# Those of make check: each kind of model, and of what must be found in it.
MODEL_QUICK := two-observed two-ends-well fence memory three release-by-clock join-unknown break-promises \
  forget-promises stay-held fence-small-margin memory-give-untold
MODEL_SECONDS ?= 5

.PHONY: model model-quick $(MODEL_ALL:%=model-%)
model: $(MODEL_CHECKS:%=model-%)
model-quick: $(MODEL_QUICK:%=model-%)
$(MODEL_ALL:%=model-%): model-%:
	@MODEL_SECONDS=$(MODEL_SECONDS) sh tests/model/check.sh $* build/model
