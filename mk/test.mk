# Unit tests (cmocka): t/unit/lib/test_*.c link libreco.a alone,
# t/unit/trainer/test_*.c the trainer's archive too.  Fuzz targets: t/fuzz.

UNIT_LIB     := $(patsubst %.c,$(BUILD)/%,$(wildcard t/unit/lib/test_*.c))
UNIT_TRAINER := $(patsubst %.c,$(BUILD)/%,$(wildcard t/unit/trainer/test_*.c))

unit: $(UNIT_LIB) $(UNIT_TRAINER)
	@set -e; for test in $^; do $$test; done

$(BUILD)/t/unit/%.o: ROOM_FLAGS = -Itrainer -It/unit

$(UNIT_LIB): %: %.o $(LIB) $(FAISS_C)
	$(CC) $(SANITIZE) -o $@ $< $(LIB) $(LIB_LIBS) -lcmocka

$(UNIT_TRAINER): %: %.o $(TRAINER_LIB) $(LIB) $(FAISS_C)
	$(CC) $(SANITIZE) -o $@ $< $(TRAINER_LIB) $(LIB) $(TRAINER_LIBS) \
	    $(LIB_LIBS) -lcmocka

-include $(UNIT_LIB:=.d) $(UNIT_TRAINER:=.d)

ASAN := BUILD=build/asan CFLAGS="-O1 -g -fno-omit-frame-pointer" \
        SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"

asan:
	$(MAKE) $(ASAN) all

asan-unit:
	$(MAKE) $(ASAN) unit

check:
	t/run

lint:
	t/lint

demo:
	demo/run

bench:
	bench/run

# What a benchmark in C links.
print-libs:
	@echo $(TRAINER_LIB) $(LIB) $(TRAINER_LIBS) $(LIB_LIBS)
.PHONY: print-libs

# t/fuzz/fuzz_NAME.c -> build/fuzz/fuzz_NAME, with libFuzzer.
FUZZERS := $(patsubst t/fuzz/%.c,build/fuzz/%,$(wildcard t/fuzz/fuzz_*.c))

fuzz:
	$(MAKE) BUILD=build/fuzz CC=clang CXX=clang++ CFLAGS="-O1 -g" \
	    SANITIZE="-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all" \
	    fuzzers

fuzzers: $(FUZZERS)

build/fuzz/fuzz_%: t/fuzz/fuzz_%.c $(LIB) $(FAISS_C)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -fsanitize=fuzzer -o $@ $< $(LIB) $(LIB_LIBS)

.PHONY: fuzzers asan-unit
.PRECIOUS: $(BUILD)/%.o

# The rewriter against another parser's word: t/differential.t.
all: $(BUILD)/t/differential/rewrite_pages

$(BUILD)/t/differential/rewrite_pages: $(BUILD)/t/differential/rewrite_pages.o \
        $(LIB) $(FAISS_C)
	$(CC) $(SANITIZE) -o $@ $< $(LIB) $(LIB_LIBS)

-include $(BUILD)/t/differential/rewrite_pages.d
