# build/reco.js; beside it what a server sends: reco.js.gz, and the hash of the
# content in reco.js.hash, which makes a versioned address and an ETag.  The
# same three as a C source, for a module that serves them from memory.  They
# have no line end, which costs three bytes of the 2 KB: the order of functions
# and words in sdk/src is the one that gzip makes the least of, too.

SDK := $(BUILD)/reco.js

sdk: $(SDK) $(SDK).gz $(SDK).hash $(BUILD)/reco_sdk_data.c

$(SDK): $(wildcard sdk/src/*.ts) mk/sdk.mk
	@mkdir -p $(@D)
	esbuild sdk/src/reco.ts --bundle --minify --format=iife \
	    --target=es2021,safari14 --log-level=warning --outfile=$@.new
	tr -d '\n' < $@.new > $@ && rm $@.new

$(SDK).gz: $(SDK)
	gzip -9n < $< > $@

$(SDK).hash: $(SDK)
	sha256sum < $< | cut -c 1-16 > $@

$(BUILD)/reco_sdk_data.c: $(SDK).gz $(SDK).hash sdk/embed
	sdk/embed $(SDK) > $@
