# The library's own make decides whether anything is to be built.

cat << END                                                    >> $NGX_MAKEFILE

$RECO_LIB:	reco_library
	@true

.PHONY:	reco_library
reco_library:
	@\$(MAKE) -s --no-print-directory $RECO_MAKE worker-lib

END
