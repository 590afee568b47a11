# Thin on purpose: what is built is in mk/, one file per room.
#
#   make            everything, into build/
#   make check      every test, as t/run does
#   make lib        the library alone; needs no nginx, no Redis
#   make asan       everything with AddressSanitizer and UBSan, in build/asan
#   make lint       formatting, cppcheck, clang's analyzer
#   make fuzz       the fuzz targets, in build/fuzz
#   make demo       the demo shop
#   make bench      the first table of docs/benchmarks.md
#   make install    into DESTDIR and PREFIX
#   make deb        Debian packages, in build/deb
#   make deps       what is missing of Debian's packages

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

BUILD  ?= build
PREFIX ?= /usr

CC  ?= cc
CXX ?= c++
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif

WARNINGS := -Wall -Wextra -Werror
CFLAGS   ?= -O2 -g
SANITIZE ?=

C_FLAGS   = -std=gnu17 $(WARNINGS) -fPIC -fvisibility=hidden -Ilib \
            $(CFLAGS) $(SANITIZE)
CXX_FLAGS = -std=c++17 $(WARNINGS) -fPIC -fvisibility=hidden \
            $(CFLAGS) $(SANITIZE)

.PHONY: all lib module trainer cli sdk deps check asan lint fuzz demo bench \
        install deb clean unit

all: lib module trainer cli sdk

include mk/hiredis.mk
include mk/lib.mk
include mk/trainer.mk
include mk/cli.mk
include mk/module.mk
include mk/sdk.mk
include mk/test.mk
include mk/bench.mk
include mk/install.mk

deps:
	mk/install-packages build run test

clean:
	rm -rf build
