'use strict';

// One document, several pages: routers, the back/forward cache, prerendering.

const assert = require('node:assert');
const { test } = require('node:test');
const { openShop } = require('./lib/shop');
const { ask, pause, travel, until } = require('./lib/browser');
const { product } = require('./lib/site');

const shop = openShop();
const { site } = shop;

const viewed = () => site.of('view').map((view) => view.item);

// What a router does: the address, then the content.
const route = (path, item) => shop.page.evaluate(([address, id]) => {
    const meta = document.querySelector('meta[name="reco:item"]');

    history.pushState({}, '', address);
    if (id) meta.content = id;
    else meta.remove();
}, [path, item]);


test('a router that declares another item makes a view', async () => {
    await shop.open('/product/5');
    await shop.arrival('view');
    await pause(1000);
    await route('/product/6', '6');
    await shop.arrival('view', 2);
    await pause(1000);
    await shop.open('/product/7');
    await shop.arrival('view', 3);
    await shop.arrival('dwell', 2);

    assert.deepStrictEqual(viewed(), ['5', '6', '7']);
    assert.deepStrictEqual(site.of('dwell').map((event) => event.item),
        ['5', '6']);
});

test('a router that removes the item ends its view', async () => {
    await shop.open('/product/5');
    await shop.arrival('view');
    await pause(700);
    await route('/about');
    await shop.arrival('dwell');
    await pause(1500);
    await shop.page.mouse.wheel(0, 300);
    await shop.open('/product/6');
    await shop.arrival('view', 2);

    assert.strictEqual(site.of('dwell').length, 1);
    assert.deepStrictEqual(site.of('scroll'), []);
});

test('an item that the server told holds until the path changes',
    async () => {
        site.pages['/told'] = product(1,
            { meta: false, script: 'data-item="7"' });
        await shop.open('/told');
        await shop.arrival('view');
        await shop.page.evaluate(() => {
            history.replaceState({}, '', '/told?colour=red#top');
            document.title = 'red';
        });
        await pause(800);
        await shop.page.evaluate(() => {
            history.pushState({}, '', '/elsewhere');
            document.title = 'elsewhere';
        });
        await shop.arrival('dwell');
        await pause(1200);
        await travel(shop.page, -1);
        await pause(1200);

        assert.deepStrictEqual(viewed(), ['7']);
        assert.strictEqual(site.of('dwell').length, 1);
    });

test('a router may tell the item itself; twice is once', async () => {
    site.pages['/app'] = product(1, { meta: false });
    await shop.open('/app');
    for (const item of ['5', '5', '6']) {
        await shop.page.evaluate((id) => {
            history.pushState({}, '', `/app/${id}`);
            reco('view', { item: id, ctx: { page: 'product' } });
            reco('view', { item: id });
        }, item);
        await pause(300);
    }
    await shop.arrival('view', 2);

    assert.deepStrictEqual(viewed(), ['5', '6']);
    assert.deepStrictEqual(site.of('view')[0].ctx, { page: 'product' });
});

test('a page that comes back from the cache is viewed again', async () => {
    // A browser without a window may leave it without the focus.
    await shop.page.addInitScript(() => (document.hasFocus = () => true));
    await shop.open('/product/5');
    await shop.arrival('view');
    await shop.page.evaluate(() => (window.kept = true));
    await pause(700);
    await shop.page.click('#next');
    await shop.arrival('view', 2);
    await pause(700);
    const start = Date.now();
    await travel(shop.page, -1);
    await shop.arrival('view', 3);
    assert.strictEqual(await ask(shop.page, () => window.kept), true);
    // Its visitor moves.
    await shop.page.mouse.move(9, 9);
    await shop.page.mouse.move(19, 19);
    await pause(1500);
    await travel(shop.page, 1);
    const since = () => site.of('dwell').filter((event) =>
        event.item === '5' && event.ts > start);
    await until('the second stay', () => since().length);

    assert.deepStrictEqual(viewed().slice(0, 3), ['5', '6', '5']);
    const [{ ms }] = since();
    assert.ok(ms < Date.now() - start,
        `${ms} ms: the time in the cache does not count`);
});

// Firefox keeps such a page, and never settles the request.
test('a page that comes back does not wait for what it asked before',
    async () => {
        site.delay = 3000;
        await shop.open('/product/5');
        await until('a request', () =>
            site.requests.includes('POST /reco/beacon'));
        await shop.page.click('#next');
        await shop.arrival('view', 2);
        site.delay = 0;
        await travel(shop.page, -1);
        await shop.arrival('view', 3);

        assert.deepStrictEqual(viewed().slice(0, 3), ['5', '6', '5']);
    });

test('a prerendered page counts from its activation', async () => {
    await shop.page.addInitScript(() => {
        window.activation = { prerendering: true };
        Object.defineProperty(document, 'prerendering', {
            get: () => window.activation.prerendering,
        });
    });
    await shop.open('/product/5');
    await pause(1500);
    assert.deepStrictEqual(site.arrived, []);

    await shop.page.evaluate(() => {
        window.activation.prerendering = false;
        document.dispatchEvent(new Event('prerenderingchange'));
    });
    await shop.arrival('view');
    assert.deepStrictEqual(viewed(), ['5']);
});

test('blocks that a router renders are impressions', async () => {
    await shop.open('/product/5');
    await shop.arrival('impression');
    await shop.page.evaluate(() => {
        const block = document.querySelector('[data-reco-block]');
        const next = block.cloneNode(true);

        next.dataset.recoReq = 'r6';
        block.replaceWith(next);
    });
    const [, second] = await shop.arrival('impression', 2);

    assert.strictEqual(second.req, 'r6');
});

test('a page that changes all the time is not slowed down', async () => {
    await shop.open('/product/5');
    await shop.arrival('view');
    const [scans, ms] = await shop.page.evaluate(async () => {
        const start = Date.now();
        const { querySelectorAll } = Document.prototype;
        let count = 0;

        Document.prototype.querySelectorAll = function (selector) {
            if (selector.startsWith('meta')) count++;
            return querySelectorAll.call(this, selector);
        };
        for (let i = 0; i < 100; i++) {
            document.body.append(document.createElement('i'));
            await new Promise((done) => setTimeout(done, 10));
        }
        return [count, Date.now() - start];
    });

    assert.ok(scans > 1 && scans <= ms / 200 + 2, `${scans} in ${ms} ms`);
});
