# make install: the module where Debian's nginx looks for it, programs, and
# configuration that is never overwritten.

MODULES   ?= $(PREFIX)/lib/nginx/modules
CONFIG    ?= /etc/reco
SYSTEMD   ?= /lib/systemd/system
DOCUMENTS  = $(PREFIX)/share/doc/reco-trainer
TEMPLATES := $(wildcard conf/templates/*.mustache)

install: all
	install -d $(DESTDIR)$(MODULES) $(DESTDIR)$(PREFIX)/bin \
	    $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/share/reco \
	    $(DESTDIR)$(PREFIX)/share/nginx/modules-available \
	    $(DESTDIR)$(DOCUMENTS)/docs/images \
	    $(DESTDIR)$(CONFIG) $(DESTDIR)$(SYSTEMD)
	install -m 644 $(BUILD)/ngx_http_reco_module.so $(DESTDIR)$(MODULES)
	install -m 755 $(BUILD)/recoctl $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/reco-trainer $(DESTDIR)$(PREFIX)/sbin
	install -m 644 $(BUILD)/reco.js conf/templates/reco.css $(TEMPLATES) \
	    $(DESTDIR)$(PREFIX)/share/reco
	install -m 644 README.md CHANGELOG.md CONTRIBUTING.md $(DESTDIR)$(DOCUMENTS)
	install -m 644 docs/*.md $(DESTDIR)$(DOCUMENTS)/docs
	install -m 644 docs/images/* $(DESTDIR)$(DOCUMENTS)/docs/images
	echo 'load_module modules/ngx_http_reco_module.so;' \
	    > $(DESTDIR)$(PREFIX)/share/nginx/modules-available/mod-http-reco.conf
	install -m 644 conf/systemd/reco-trainer.service $(DESTDIR)$(SYSTEMD)
	install -D -m 644 conf/recoctl.bash \
	    $(DESTDIR)$(PREFIX)/share/bash-completion/completions/recoctl
	install -D -m 644 conf/systemd/reco.sysusers \
	    $(DESTDIR)$(PREFIX)/lib/sysusers.d/reco.conf
	install -D -m 644 conf/systemd/reco.tmpfiles \
	    $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/reco.conf
	install -m 644 conf/nginx.conf $(DESTDIR)$(PREFIX)/share/reco
	if command -v lowdown > /dev/null; then \
	    mk/manuals $(DESTDIR)$(PREFIX)/share/man; \
	else \
	    echo "no manual pages: lowdown is not installed"; \
	fi
	for file in conf/trainer.conf conf/redis.conf $(TEMPLATES); do \
	    target=$(DESTDIR)$(CONFIG)/$${file##*/}; \
	    test -e $$target || install -m 644 $$file $$target; \
	done

deb: all
	mk/deb
