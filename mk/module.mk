# build/ngx_http_reco_module.so against Debian's nginx (nginx-dev); and, where
# SANITIZE is set, $(BUILD)/nginx: a sanitised nginx with the module inside,
# because Debian's binary is not one.

NGX_DEV  ?= /usr/share/nginx/src
NGX_TREE := $(BUILD)/nginx-tree

# What the module links besides the library, and what of it is to be built.
MODULE_LIBS = $(abspath $(BUILD))/reco_sdk_data.o $(LIB_WORKER_LIBS) \
              $(HIREDIS_LIBS)

NGX_ENVIRONMENT = RECO_BUILD=$(BUILD) RECO_CFLAGS="$(CFLAGS)" \
                  RECO_SANITIZE="$(SANITIZE)"

.PHONY: worker-lib worker-libs nginx-dynamic nginx-static

worker-lib: $(LIB) $(BUILD)/reco_sdk_data.o

worker-libs:
	@echo $(MODULE_LIBS)

$(BUILD)/reco_sdk_data.o: $(BUILD)/reco_sdk_data.c
	$(CC) $(C_FLAGS) -Isdk -c -o $@ $<

ifeq ($(SANITIZE),)
module: nginx-dynamic
else
module: nginx-static
endif


# The library first: of two makes that archive it at once, one links half of it.
# Renamed into its place: an nginx that runs the old file goes on with it.
nginx-dynamic: worker-lib $(NGX_TREE)/objs/Makefile
	@$(MAKE) -s --no-print-directory -C $(NGX_TREE) -f objs/Makefile modules
	@cmp -s $(NGX_TREE)/objs/ngx_http_reco_module.so \
	    $(BUILD)/ngx_http_reco_module.so \
	 || { cp $(NGX_TREE)/objs/ngx_http_reco_module.so \
	         $(BUILD)/ngx_http_reco_module.so.new \
	      && mv $(BUILD)/ngx_http_reco_module.so.new \
	            $(BUILD)/ngx_http_reco_module.so; }

ifeq ($(SANITIZE),)
# The list of files is read by configure; their contents are make's business.
$(NGX_TREE)/objs/Makefile: config config.make mk/module.mk \
        $(BUILD)/nginx-files
	@rm -rf $(NGX_TREE) && mkdir -p $(BUILD) && cp -r $(NGX_DEV) $(NGX_TREE)
	cd $(NGX_TREE) && bash -c '. ./conf_flags; MAKEFLAGS= $(NGX_ENVIRONMENT) \
	    ./configure "$${NGX_CONF_FLAGS[@]}" --with-cc-opt="$(CFLAGS) -fPIC" \
	    --with-ld-opt="-Wl,-z,relro -Wl,-z,now" \
	    --add-dynamic-module=$(CURDIR)' > configure.log || \
	    { tail -n 20 configure.log; exit 1; }
endif


# nginx reads memory through pointers that are null where a length is zero, and
# unaligned; its own code is therefore checked with these three left out.
NGX_SANITIZE = $(SANITIZE) \
    -fno-sanitize=nonnull-attribute,pointer-overflow,alignment

# Each palloc becomes a malloc, so that the sanitiser sees its bounds.
NGX_SANITIZED_FLAGS = $(CFLAGS) -DNGX_DEBUG_PALLOC=1 $(NGX_SANITIZE)

NGX_WITH := --with-debug --with-threads --with-http_ssl_module \
    --with-http_v2_module --with-http_gunzip_module \
    --with-http_gzip_static_module --with-http_sub_module \
    --with-http_addition_module --with-http_slice_module \
    --with-http_realip_module --with-http_auth_request_module \
    --with-http_stub_status_module \
    $(shell grep -o -m 1 -e --with-http_v3_module $(NGX_DEV)/conf_flags)

nginx-static: $(NGX_TREE)/objs/Makefile
	@$(MAKE) -s --no-print-directory -C $(NGX_TREE) -f objs/Makefile binary
	@cmp -s $(NGX_TREE)/objs/nginx $(BUILD)/nginx \
	 || cp $(NGX_TREE)/objs/nginx $(BUILD)/nginx

ifneq ($(SANITIZE),)
$(NGX_TREE)/objs/Makefile: config config.make mk/module.mk \
        $(BUILD)/nginx-files
	@rm -rf $(NGX_TREE) && mkdir -p $(NGX_TREE)
	mk/nginx-source $(NGX_TREE)
	cd $(NGX_TREE) && MAKEFLAGS= $(NGX_ENVIRONMENT) ./configure $(NGX_WITH) \
	    --with-cc-opt="$(NGX_SANITIZED_FLAGS)" \
	    --with-ld-opt="$(SANITIZE)" --add-module=$(CURDIR) \
	    > configure.log || { tail -n 20 configure.log; exit 1; }
endif

# Changes when a file of the module comes or goes.
$(BUILD)/nginx-files: nginx-files
	@mkdir -p $(BUILD)
	@ls ngx_http_reco_module/*.[ch] | cmp -s - $@ \
	 || ls ngx_http_reco_module/*.[ch] > $@

.PHONY: nginx-files
nginx-files:


# A model of known contents for the module's tests.
module: $(BUILD)/t/support/write_model

$(BUILD)/t/support/write_model: $(BUILD)/t/support/write_model.o $(LIB) \
        $(FAISS_C)
	$(CC) $(SANITIZE) -o $@ $< $(LIB) $(LIB_LIBS)

-include $(BUILD)/t/support/write_model.d

# A visitor's profile.
module: $(BUILD)/t/support/write_profile

$(BUILD)/t/support/write_profile: $(BUILD)/t/support/write_profile.o $(LIB)
	$(CC) $(SANITIZE) -o $@ $^ -lm

-include $(BUILD)/t/support/write_profile.d

# Takes a lock of a zone to its grave.
module: $(BUILD)/t/support/die_with_lock

$(BUILD)/t/support/die_with_lock: $(BUILD)/t/support/die_with_lock.o
	$(CC) $(SANITIZE) -o $@ $< -lpthread

-include $(BUILD)/t/support/die_with_lock.d

# Large models, of made-up shops.
module: $(BUILD)/t/support/synthetic_model

SYNTHETIC_OBJECTS := $(BUILD)/t/support/synthetic_model.o \
    $(BUILD)/bench/engine_synthetic.o

$(SYNTHETIC_OBJECTS): ROOM_FLAGS = -Ibench

$(BUILD)/t/support/synthetic_model: $(SYNTHETIC_OBJECTS) $(LIB) $(FAISS_C)
	$(CC) $(SANITIZE) -o $@ $(SYNTHETIC_OBJECTS) $(LIB) $(LIB_LIBS)

-include $(SYNTHETIC_OBJECTS:.o=.d)


# Unit tests of what in the module needs no running nginx.
# Folders that an nginx has not do no harm.
NGX_INCLUDES := $(patsubst %,-isystem $(NGX_TREE)/%,src/core src/event \
    src/event/modules src/event/quic src/os/unix src/http src/http/modules \
    src/http/v2 src/http/v3 objs)

unit: $(BUILD)/t/unit/module/test_shelf

$(BUILD)/t/unit/module/test_shelf: t/unit/module/test_shelf.c \
        ngx_http_reco_module/ngx_http_reco_random.c \
        ngx_http_reco_module/ngx_http_reco_shelf.c \
        ngx_http_reco_module/ngx_http_reco_zone_format.c \
        ngx_http_reco_module/ngx_http_reco_zone.h $(LIB) | $(NGX_TREE)/objs/Makefile
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -Wno-unused-parameter -D_GNU_SOURCE $(NGX_INCLUDES) \
	    -Ingx_http_reco_module -o $@ $(filter %.c,$^) $(LIB) -lcmocka
