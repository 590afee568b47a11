'use strict';

// What each file of tests has: the shop, one browser, and for each test a
// visitor of its own, whose console must stay silent.

const assert = require('node:assert');
const { after, afterEach, before, beforeEach } = require('node:test');
const { Site } = require('./site');
const { launch, until, visit } = require('./chromium');

const openShop = () => {
    const shop = { site: new Site() };

    shop.enter = async (option) => {
        if (shop.context) await shop.context.close();
        Object.assign(shop, await visit(shop.browser, option));
    };

    shop.open = (path) => shop.page.goto(shop.site.origin + path);

    // Until so many events of a type have arrived; gives them.
    shop.arrival = async (type, count = 1, ms = 5000) => {
        await until(`${count} × ${type}`,
            () => shop.site.of(type).length >= count, ms);

        return shop.site.of(type);
    };

    before(async () => {
        shop.browser = await launch();
    });

    beforeEach(async () => {
        await shop.site.start();
        await shop.enter();
    });

    afterEach(async () => {
        const { complaints } = shop;

        await shop.context.close();
        shop.context = undefined;
        assert.deepStrictEqual(complaints, []);
    });

    after(async () => {
        await shop.browser.close();
        shop.site.stop();
    });

    return shop;
};

module.exports = { openShop };
