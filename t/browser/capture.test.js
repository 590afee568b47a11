'use strict';

// Each kind of event, in a page under a strict Content-Security-Policy.

const assert = require('node:assert');
const { test } = require('node:test');
const { openShop } = require('./lib/shop');
const { pause, until } = require('./lib/browser');
const { product } = require('./lib/site');

const shop = openShop();
const { site } = shop;


test('a view names the item that the page declares', async () => {
    const start = Date.now();
    await shop.open('/product/5');
    await shop.arrival('view');

    const [view] = site.of('view');
    assert.strictEqual(view.v, 1);
    assert.strictEqual(view.item, '5');
    assert.ok(view.id.length <= 36);
    assert.ok(view.ts >= start && view.ts <= Date.now(), `${view.ts}`);
    assert.ok(view.sent >= view.ts);
    assert.match(site.type, /^text\/plain/);
});

test('the item may stand on body, on the script tag, or come later',
    async () => {
        site.pages['/body'] = product(1,
            { meta: false, body: 'data-reco-page-item="6"' });
        site.pages['/script'] = product(1,
            { meta: false, script: 'data-item="7"' });
        site.pages['/later'] = product(1, { meta: false });

        await shop.open('/body');
        await shop.arrival('view', 1);
        await shop.open('/script');
        await shop.arrival('view', 2);
        await shop.open('/later');
        await pause(500);
        await shop.page.evaluate(() => {
            const meta = document.createElement('meta');
            meta.name = 'reco:item';
            meta.content = '8';
            document.head.append(meta);
        });
        await shop.arrival('view', 3);

        assert.deepStrictEqual(site.of('view').map((view) => view.item),
            ['6', '7', '8']);
    });

test('a page without an item sends no view', async () => {
    site.pages['/plain'] = product(1, { meta: false });
    await shop.open('/plain');
    await pause(1500);

    assert.deepStrictEqual(site.of('view'), []);
});

test('data-endpoint and data-api are where requests go', async () => {
    site.pages['/elsewhere'] = product(1, {
        script: 'data-endpoint="/reco/beacon?here" data-api="/reco/v1/"' });
    await shop.open('/elsewhere');
    await shop.arrival('view');

    assert.ok(site.requests.includes('POST /reco/beacon?here'));
});

test('a click on a recommendation says which rendering led there',
    async () => {
        await shop.open('/product/5');
        await shop.page.click('[data-reco-item="8"]');
        await shop.arrival('click');

        const [click] = site.of('click');
        assert.strictEqual(click.item, '8');
        assert.strictEqual(click.slot, 'related');
        assert.strictEqual(click.rank, 1);
        assert.strictEqual(click.req, 'r5');
    });

test('a click counts with the middle button, not with the right one',
    async () => {
        await shop.open('/product/5');
        await shop.page.click('[data-reco-item="8"]', { button: 'right' });
        await shop.page.click('[data-reco-item="7"]', { button: 'middle' });
        await shop.arrival('click');
        await pause(300);

        assert.deepStrictEqual(site.of('click').map((click) => click.item),
            ['7']);
    });

test('a click that the page keeps to itself counts', async () => {
    await shop.open('/product/5');
    await shop.page.evaluate(() => document
        .querySelector('[data-reco-item="7"]')
        .addEventListener('click', (event) => {
            event.preventDefault();
            event.stopPropagation();
        }));
    await shop.page.click('[data-reco-item="7"]');
    await shop.arrival('click');
});

test('a click on the document itself is nobody\'s', async () => {
    await shop.open('/product/5');
    await shop.page.evaluate(() => {
        document.dispatchEvent(new Event('click', { bubbles: true }));
        window.dispatchEvent(new Event('pointerover'));
    });
});

test('a hover counts from half a second on', async () => {
    await shop.freeze('/product/5');
    await shop.page.hover('[data-reco-item="7"]');
    await shop.pass(500);
    await shop.page.hover('[data-reco-item="8"]');
    await shop.pass(800);
    await shop.page.hover('h1');
    await shop.settle();

    assert.deepStrictEqual(site.of('hover').map(({ item, rank, ms }) =>
        ({ item, rank, ms })), [{ item: '8', rank: 1, ms: 800 }]);
});

test('a finger that taps does not hover', async () => {
    await shop.enter({ hasTouch: true });
    await shop.open('/product/5');
    await shop.page.evaluate(() => document
        .querySelector('[data-reco-item="7"]')
        .addEventListener('click', (event) => event.preventDefault()));
    await shop.page.tap('[data-reco-item="7"]');
    await pause(1000);
    await shop.page.tap('h1');
    await shop.page.close({ runBeforeUnload: true });
    await pause(300);

    assert.deepStrictEqual(site.of('hover'), []);
});

test('leaving reports the time and the deepest scroll', async () => {
    const start = Date.now();

    await shop.open('/product/5');
    await shop.page.mouse.wheel(0, 300);
    await until('scrolled', () => shop.page.evaluate(() => scrollY === 300));
    await pause(900);
    const deepest = await shop.page.evaluate(() =>
        (300 + innerHeight) / document.documentElement.scrollHeight);
    await shop.page.mouse.wheel(0, -300);
    await until('back', () => shop.page.evaluate(() => scrollY === 0));
    await shop.page.click('#next');
    await shop.arrival('dwell');

    const [dwell] = site.of('dwell');
    const depths = site.of('scroll').map((scroll) => scroll.depth);
    assert.strictEqual(dwell.item, '5');
    assert.ok(dwell.ms >= 900 && dwell.ms < Date.now() - start,
        `${dwell.ms} ms`);
    assert.strictEqual(depths.length, 1);
    assert.ok(Math.abs(depths[0] - deepest) < 0.01,
        `${depths[0]}, not ${deepest}`);
});

test('a block is an impression after a second half in view, once',
    async () => {
        await shop.open('/product/5');
        await shop.arrival('impression');
        await shop.page.mouse.wheel(0, 2000);
        await pause(500);
        await shop.page.mouse.wheel(0, -2000);
        await pause(3000);

        const [impression, ...others] = site.of('impression');
        assert.deepStrictEqual(others, []);
        assert.strictEqual(impression.slot, 'related');
        assert.strictEqual(impression.req, 'r5');
        assert.deepStrictEqual(impression.items, ['7', '8', '9']);
        assert.strictEqual(impression.item, undefined);
    });

test('what came after Safari 14 is not needed', async () => {
    await shop.page.addInitScript(() => {
        for (const [owner, names] of [
            [Array.prototype, ['at', 'findLast', 'toSorted', 'group']],
            [String.prototype, ['at', 'isWellFormed']],
            [Object, ['hasOwn', 'groupBy']],
            [Promise, ['any', 'withResolvers', 'try']],
            [crypto.constructor.prototype, ['randomUUID']],
            [AbortSignal, ['timeout', 'any']],
            [Element.prototype, ['checkVisibility', 'setHTML', 'moveBefore']],
            [window, ['structuredClone', 'requestIdleCallback', 'WeakRef',
                'FinalizationRegistry', 'scheduler', 'navigation',
                'cookieStore', 'BroadcastChannel', 'CompressionStream',
                'URLPattern', 'reportError', 'ResizeObserver',
                'AggregateError', 'CookieStore', 'Navigation']],
        ]) {
            for (const name of names) delete owner[name];
        }
    });
    await shop.open('/product/5');
    await shop.page.click('#cart');
    await shop.arrival('cart');
    await shop.arrival('impression');
    await until('a new block', () => shop.page.isVisible(
        '[data-reco-item="11"]'));
    await shop.page.click('[data-reco-item="12"]');
    await shop.arrival('click');
});

test('what is out of view is no impression until it is scrolled to',
    async () => {
        site.pages['/tall'] = product(5, { tall: true });
        await shop.open('/tall');
        await pause(2500);
        assert.deepStrictEqual(site.of('impression'), []);

        await shop.page.locator('[data-reco-block]').scrollIntoViewIfNeeded();
        await shop.arrival('impression');
    });

test('what is passed by faster than a second is no impression', async () => {
    site.pages['/tall'] = product(5, { tall: true });
    await shop.freeze('/tall');
    // The browser tells every observer of a frame at once.
    await shop.page.evaluate(() => new IntersectionObserver((entries) => {
        window.inView = entries.pop().isIntersecting;
    }).observe(document.querySelector('[data-reco-item="9"]')));
    for (const [selector, inView] of [['.scroller', true], ['h1', false]]) {
        await shop.page.evaluate((target) => document.querySelector(target)
            .scrollIntoView({ behavior: 'instant' }), selector);
        await until('in view or not', async () => inView ===
            await shop.page.evaluate(() => window.inView));
        await shop.pass(900);
    }
    await shop.pass(5000);

    assert.deepStrictEqual(site.of('impression'), []);
});

test('an element declares an act; the page\'s item is the default',
    async () => {
        await shop.open('/product/5');
        await shop.page.click('#cart');
        await shop.arrival('cart');

        const [{ item, qty, price, currency }] = site.of('cart');
        assert.deepStrictEqual({ item, qty, price, currency },
            { item: '5', qty: 2, price: 9.5, currency: 'GBP' });
    });

test('a button in a card names the card\'s item, rank and rendering',
    async () => {
        await shop.open('/product/5');
        await shop.page.evaluate(() => {
            const card = document.querySelector('[data-reco-item="8"]');
            const button = document.createElement('button');
            button.dataset.recoEvent = 'cart';
            button.textContent = 'Add';
            button.type = 'button';
            button.addEventListener('click', (event) =>
                event.preventDefault());
            card.append(button);
        });
        await shop.page.click('[data-reco-item="8"] button');
        await shop.arrival('cart');

        const [{ item, slot, rank, req }] = site.of('cart');
        assert.deepStrictEqual({ item, slot, rank, req },
            { item: '8', slot: 'related', rank: 1, req: 'r5' });
        assert.deepStrictEqual(site.of('click'), []);
    });

test('a button declares a search; the words are in the field named q',
    async () => {
        site.pages['/search'] = product(1, { meta: false }).replace('<h1>',
            '<form id="f"><input name="q"><button data-reco-event="search">' +
            'Go</button></form><h1>');
        site.pages['/stay.js'] = 'addEventListener("submit", (event) =>' +
            ' event.preventDefault())';
        await shop.open('/search');
        await shop.page.addScriptTag({ url: '/stay.js' });
        await shop.page.fill('[name="q"]', 'red shoes');
        await shop.page.press('[name="q"]', 'Enter');
        await shop.arrival('search');

        const [{ item, ctx }] = site.of('search');
        assert.deepStrictEqual({ item, ctx },
            { item: undefined, ctx: { q: 'red shoes' } });
    });

test('reco() takes purchases, ratings, searches and the site\'s own',
    async () => {
        await shop.open('/product/5');
        await shop.page.evaluate(() => {
            reco('purchase', {
                id: 'order-1', currency: 'GBP',
                items: [{ item: '5', qty: 2, price: 9.5 }, { item: '6' }],
            });
            reco('rating', { value: 4 });
            reco('search', { ctx: { q: 'red' } });
            reco('custom', { ctx: { name: 'size-chart' } });
        });
        await shop.arrival('custom');

        const [purchase] = site.of('purchase');
        assert.strictEqual(purchase.id, 'order-1');
        assert.deepStrictEqual(purchase.items,
            [{ item: '5', qty: 2, price: 9.5 }, { item: '6' }]);
        assert.deepStrictEqual(site.of('rating').map((rating) =>
            [rating.item, rating.value]), [['5', 4]]);
        assert.deepStrictEqual(site.of('search')[0].ctx, { q: 'red' });
    });

test('calls before the file is here are not lost', async () => {
    site.pages['/stub.js'] = 'window.reco = window.reco || function () {' +
        ' (reco.q = reco.q || []).push(arguments) };' +
        ' reco("view", { item: "77" }); reco("rating", { value: 5 });';
    site.pages['/early'] = product(1,
        { meta: false, head: '<script src="/stub.js"></script>' });
    await shop.open('/early');
    await shop.arrival('rating');

    assert.deepStrictEqual(site.of('view').map((view) => view.item), ['77']);
    assert.strictEqual(site.of('rating')[0].item, '77');
});

test('a second copy of the file changes nothing', async () => {
    site.pages['/twice'] = product(5,
        { head: '<script src="/reco.js" async></script>' });
    await shop.open('/twice');
    await shop.page.click('#cart');
    await shop.arrival('view');
    await pause(1200);

    assert.strictEqual(site.of('view').length, 1);
    assert.strictEqual(site.of('cart').length, 1);
});

test('no global but reco, no cookie', async () => {
    site.pages['/bare'] = '<!doctype html><title>bare</title>';
    await shop.open('/bare');
    const before = await shop.page.evaluate(() => Object.keys(window));
    await shop.open('/product/5');
    await shop.arrival('view');
    const after = await shop.page.evaluate(() => Object.keys(window));

    assert.deepStrictEqual(after.filter((name) => !before.includes(name)),
        ['reco']);
    assert.deepStrictEqual(await shop.context.cookies(), []);
});

test('ids are unique', async () => {
    await shop.open('/product/5');
    await shop.page.evaluate(() => {
        for (let i = 0; i < 300; i++) reco('custom', { ctx: { i } });
    });
    await until('300 events', () => site.of('custom').length === 300);

    assert.strictEqual(site.arrived.length, site.events.length);
    assert.ok(site.bodies.every((body) => body.length <= 64));
    assert.deepStrictEqual(site.of('custom').map((event) => event.ctx.i),
        [...Array(300).keys()]);
});
