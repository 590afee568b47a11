'use strict';

// What each file of tests has: the shop, one browser, and for each test a
// visitor of its own, whose console must stay silent.

const assert = require('node:assert');
const { after, afterEach, before, beforeEach } = require('node:test');
const { Site } = require('./site');
const { FIREFOX, launch, until, visit } = require('./browser');

const openShop = () => {
    const shop = { site: new Site() };

    shop.enter = async (option) => {
        if (shop.context) await shop.context.close();
        Object.assign(shop, await visit(shop.browser, option));
    };

    shop.open = (path) => shop.page.goto(shop.site.origin + path);

    // The page's clock stands still; time passes by shop.pass().
    shop.freeze = async (path) => {
        await shop.page.addInitScript(() => {
            const { fetch } = window;

            window.flying = 0;
            window.fetch = (...request) => {
                window.flying++;
                return fetch(...request).finally(() => window.flying--);
            };
        });
        await shop.page.clock.install();
        await shop.open(path);
        await shop.page.clock.pauseAt(Date.now() + 3600000);
    };

    shop.pass = (ms) => shop.page.clock.runFor(ms);

    // Cuts the network off; Firefox lets a test do so at the server alone.
    shop.cut = async (away) => {
        if (FIREFOX) shop.site.status = away ? 0 : 204;
        else await shop.context.setOffline(away);
    };

    // Until so many events of a type have arrived; gives them.
    shop.arrival = async (type, count = 1) => {
        await until(`${count} × ${type}`,
            () => shop.site.of(type).length >= count);

        return shop.site.of(type);
    };

    // What waits in the browser's storage.
    shop.stored = () => shop.page.evaluate(() => Object.entries(localStorage)
        .flatMap(([, events]) => JSON.parse(events)));

    // Time passes until all that was captured has arrived.
    shop.settle = () => until('everything delivered', async () => {
        if (await shop.page.evaluate(() => window.flying)) return false;
        if (!(await shop.stored()).length) return true;
        await shop.pass(500);
        return false;
    });

    before(async () => {
        shop.browser = await launch();
    });

    beforeEach(async () => {
        shop.forgiven = undefined;
        await shop.site.start();
        await shop.enter();
    });

    afterEach(async () => {
        const { complaints, forgiven } = shop;

        await shop.context.close();
        shop.context = undefined;
        assert.deepStrictEqual(complaints.filter((complaint) =>
            !forgiven?.test(complaint)), []);
    });

    after(async () => {
        await shop.browser.close();
        shop.site.stop();
    });

    return shop;
};

module.exports = { openShop };
