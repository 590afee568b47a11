# hiredis has TLS from 1.0 on: Debian 13 has it, Debian 12 has not.

HIREDIS_LIBS := -lhiredis

ifneq ($(wildcard /usr/include/hiredis/hiredis_ssl.h),)
ifneq ($(wildcard /usr/include/openssl/ssl.h),)
HIREDIS_LIBS  := -lhiredis -lhiredis_ssl -lssl -lcrypto
HIREDIS_FLAGS := -DRECO_TLS=1
endif
endif
