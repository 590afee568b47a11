'use strict';

// What is captured arrives, whatever happens to network, tab or page.

const assert = require('node:assert');
const { test } = require('node:test');
const { openShop } = require('./lib/shop');
const { FIREFOX, pause, until } = require('./lib/browser');

const shop = openShop();
const { site } = shop;

const cart = (n) => shop.page.evaluate((qty) => reco('cart', { qty }), n);
const quantities = () => site.of('cart').map((event) => event.qty);
const { stored } = shop;

// A cut network is what a console complains about, and rightly.
const forgive = () => (shop.forgiven = /Failed to load resource/);


test('the network is cut: everything arrives once it is back', async () => {
    forgive();
    await shop.open('/product/5');
    await shop.arrival('view');
    await shop.cut(true);
    for (let n = 1; n <= 5; n++) await cart(n);
    await pause(1500);
    assert.deepStrictEqual(quantities(), []);
    assert.strictEqual((await stored()).length >= 5, true);

    await shop.cut(false);
    await until('5 carts', () => quantities().length === 5);
    await until('an empty store', async () => !(await stored()).length);

    assert.deepStrictEqual(quantities(), [1, 2, 3, 4, 5]);
    assert.strictEqual(site.arrived.length, site.events.length);
});

test('the page is left while the network is cut: the next page sends it',
    async () => {
        forgive();
        await shop.open('/product/5');
        await shop.arrival('view');
        site.status = 0;
        await cart(1);
        await pause(200);
        await shop.open('/product/6');
        assert.deepStrictEqual(quantities(), []);

        site.status = 204;
        await shop.arrival('cart');
        assert.deepStrictEqual(quantities(), [1]);
        assert.ok(shop.page.url().endsWith('/6'));
        assert.strictEqual(site.of('cart')[0].item, '5');
    });

test('a tab that crashes loses nothing that was captured', {
    skip: FIREFOX && 'Firefox has no address that crashes a tab',
}, async () => {
    forgive();
    site.status = 503;
    await shop.open('/product/5');
    await cart(1);
    await until('it is stored', async () => (await stored())
        .some((event) => event.type === 'cart'));
    const [{ id }] = (await stored()).filter((event) =>
        event.type === 'cart');

    const crashed = new Promise((done) => shop.page.once('crash', done));
    shop.page.goto('chrome://crash').catch(() => {});
    await crashed;

    site.status = 204;
    shop.page = await shop.context.newPage();
    await shop.open('/product/6');
    const [event] = await shop.arrival('cart');
    assert.strictEqual(event.id, id);
});

test('a reload during a send: each event has one effect', async () => {
    await shop.open('/product/5');
    await shop.arrival('view');
    site.delay = 600;
    for (let n = 1; n <= 3; n++) {
        await cart(n);
        await shop.page.reload();
    }
    site.delay = 0;
    await until('3 carts', () => quantities().length === 3);
    await until('an empty store', async () => !(await stored()).length);

    assert.deepStrictEqual(quantities().sort(), [1, 2, 3]);
});

for (const status of [500, 503, 429]) {
    test(`${status} is tried again, with the same id`, async () => {
        forgive();
        site.status = status;
        await shop.open('/product/5');
        await cart(1);
        await until('a refusal', () => site.refused.length);
        const [[{ id }]] = site.refused;
        const attempts = () => [...site.refused, ...site.bodies].flat()
            .filter((event) => event.id === id);

        await until('a second attempt', () => attempts().length > 1);
        site.status = 204;
        await shop.arrival('cart');
        const sent = attempts().map((event) => event.sent);
        assert.strictEqual(new Set(attempts().map(({ ts }) => ts)).size, 1);
        assert.deepStrictEqual(sent, [...new Set(sent)].sort());
        assert.ok(site.arrived.some((event) => event.id === id));
    });
}

for (const status of [400, 403, 413]) {
    test(`${status} is final`, async () => {
        forgive();
        site.status = status;
        await shop.open('/product/5');
        await cart(1);
        await until('an empty store', async () => !(await stored()).length);
        site.status = 204;
        await cart(2);
        await shop.arrival('cart');

        assert.deepStrictEqual(quantities(), [2]);
    });
}

test('a batch that is too large for a request goes in pieces', async () => {
    forgive();
    site.status = 503;
    await shop.open('/product/5');
    await shop.page.evaluate(() => {
        for (let i = 0; i < 8; i++) {
            reco('custom', { ctx: { i, text: 'x'.repeat(20000) } });
        }
    });
    await pause(500);
    site.status = 204;
    await until('8 events', () => site.of('custom').length === 8);

    assert.deepStrictEqual(site.of('custom').map((event) => event.ctx.i),
        [0, 1, 2, 3, 4, 5, 6, 7]);
});

test('what is stored is bounded, and the newest', async () => {
    forgive();
    site.status = 503;
    await shop.open('/product/5');
    const events = await shop.page.evaluate(() => {
        for (let i = 0; i < 600; i++) reco('custom', { ctx: { i } });
        return Object.values(localStorage).flatMap((text) => JSON.parse(text));
    });

    assert.strictEqual(events.length, 256);
    assert.strictEqual(events[255].ctx.i, 599);
});

test('two tabs do not take each other\'s events', async () => {
    forgive();
    await shop.open('/product/5');
    const first = shop.page;
    await shop.arrival('view');
    shop.page = await shop.context.newPage();
    await shop.open('/product/6');
    const second = shop.page;
    await shop.arrival('view', 2);

    await shop.cut(true);
    for (let n = 1; n <= 3; n++) {
        for (shop.page of [first, second]) await cart(n);
    }
    await pause(300);
    assert.strictEqual((await stored()).filter((event) =>
        event.type === 'cart').length, 6);
    await first.close();
    await second.close();
    await shop.cut(false);
    shop.page = await shop.context.newPage();
    await shop.open('/product/7');
    await shop.arrival('cart', 6);

    for (const item of ['5', '6']) {
        assert.deepStrictEqual(site.of('cart').filter((event) =>
            event.item === item).map((event) => event.qty), [1, 2, 3]);
    }
});

test('foreign and broken entries of the store do no harm', async () => {
    await shop.open('/product/5');
    await shop.page.evaluate(() => {
        localStorage['other'] = 'theirs';
        localStorage['reco.broken'] = '{"half';
        localStorage['reco.older'] = JSON.stringify([{
            v: 1, id: 'older-1', type: 'custom', ts: Date.now(), item: '9',
        }]);
    });
    await shop.page.reload();
    await shop.arrival('custom');
    await cart(1);
    await shop.arrival('cart');

    assert.deepStrictEqual(await shop.page.evaluate(() =>
        [localStorage.other, localStorage['reco.broken']]), ['theirs', undefined]);
});

test('a browser without storage still sends', async () => {
    await shop.page.addInitScript(() => {
        Object.defineProperty(window, 'localStorage', {
            get() {
                throw new DOMException('denied', 'SecurityError');
            },
        });
    });
    await shop.open('/product/5');
    await shop.arrival('view');
    await cart(1);
    await shop.arrival('cart');
});

test('what is waiting when the page is left goes by sendBeacon', async () => {
    await shop.page.addInitScript(() => {
        const { sendBeacon } = Navigator.prototype;

        Navigator.prototype.sendBeacon = function (url, body) {
            localStorage.beacons = (localStorage.beacons || 0) + 1;
            return sendBeacon.call(this, url, body);
        };
    });
    await shop.open('/product/5');
    await shop.arrival('view');
    await pause(900);
    await shop.open('/product/6');
    await shop.arrival('dwell');

    assert.strictEqual(await shop.page.evaluate(() =>
        localStorage.beacons), '1');
});
