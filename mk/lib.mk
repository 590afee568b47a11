# build/libreco.a: plain C; and the C API of FAISS where Debian lacks it.

LIB_SOURCES := $(wildcard lib/*.c lib/*/*.c)
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o)
LIB         := $(BUILD)/libreco.a

# Debian 13 packages libfaiss_c.a; Debian 12 has only its headers.
FAISS_C := $(firstword $(wildcard /usr/lib/*/libfaiss_c.a /usr/lib/libfaiss_c.a))
ifeq ($(FAISS_C),)
FAISS_C := $(BUILD)/libreco_faiss_c.a
endif

# What a program that links libreco.a needs besides.
LIB_LIBS := $(FAISS_C) -lfaiss -lopenblas -lgomp -lstdc++ -lcjson -lm

# What a worker's shared object needs: FAISS is called only to build an index;
# workers walk its file themselves, so that no C++, BLAS or OpenMP enters nginx.
LIB_WORKER_LIBS := -lcjson -lm

lib: $(LIB)

$(LIB): $(LIB_OBJECTS)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/libreco_faiss_c.a: $(BUILD)/lib/snapshot/faiss_c_shim.o
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) $(ROOM_FLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(CXX_FLAGS) $(if $(SANITIZE),-fno-sanitize=vptr) -MMD -MP -c -o $@ $<

-include $(LIB_OBJECTS:.o=.d)
