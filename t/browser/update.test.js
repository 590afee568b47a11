'use strict';

// Blocks follow what the visitor does, in the page, where a slot asks for it.

const assert = require('node:assert');
const { test } = require('node:test');
const { openShop } = require('./lib/shop');
const { pause, until } = require('./lib/chromium');
const { block, product } = require('./lib/site');

const shop = openShop();
const { site } = shop;

const shown = () => shop.page.$$eval('[data-reco-rank]', (items) =>
    items.map((item) => item.dataset.recoItem)).catch(() => 'navigating');

const asked = () => site.requests.filter((request) =>
    request.includes('/recommendations?')).map((request) =>
    Object.fromEntries(new URLSearchParams(request.split('?')[1])));

const changed = (items) => until(`items ${items}`, async () =>
    `${await shown()}` === `${items}`);


test('an act changes the block, after its event has arrived', async () => {
    await shop.open('/product/5');
    await shop.page.click('#cart');
    await changed(['11', '12', '13']);

    const [query] = asked();
    assert.strictEqual(query.slot, 'related');
    assert.strictEqual(query.item, '5');
    assert.strictEqual(query.format, 'html');
    const order = site.requests.filter((request) =>
        /beacon|recommendations/.test(request));
    assert.match(order[0], /^POST .*beacon/);
    assert.match(order[1], /^GET .*recommendations/);
});

test('a page as the server sent it asks for nothing', async () => {
    await shop.open('/product/5');
    await shop.arrival('impression');
    await pause(1500);

    assert.deepStrictEqual(asked(), []);
});

test('a block that did not ask for it stays as it is', async () => {
    site.pages['/still'] = product(5).replace(' data-reco-live', '');
    await shop.open('/still');
    await shop.page.click('#cart');
    await shop.arrival('cart');
    await pause(500);

    assert.deepStrictEqual(asked(), []);
    assert.deepStrictEqual(await shown(), ['7', '8', '9']);
});

test('focus and scroll stay where they are', async () => {
    await shop.open('/product/5');
    await shop.page.focus('[data-reco-item="8"]');
    await shop.page.evaluate(() => {
        document.querySelector('.scroller').scrollLeft = 120;
        scrollTo(0, 40);
        reco('rating', { value: 5 });
    });
    await changed(['11', '12', '13']);

    assert.deepStrictEqual(await shop.page.evaluate(() => [
        document.activeElement.dataset.recoItem,
        document.querySelector('.scroller').scrollLeft,
        scrollY,
    ]), ['12', 120, 40]);
});

test('the same items are not put in again', async () => {
    site.recommended = ['7', '8', '9'];
    await shop.open('/product/5');
    await shop.page.evaluate(() => (window.block =
        document.querySelector('[data-reco-block]')));
    await shop.page.click('#cart');
    await until('the answer', () => asked().length);
    await pause(300);

    assert.ok(await shop.page.evaluate(() => window.block.isConnected));
});

test('a router\'s next page gets its own block', async () => {
    await shop.open('/product/5');
    await shop.arrival('view');
    await pause(700);
    await shop.page.evaluate(() => {
        history.pushState({}, '', '/product/6');
        document.querySelector('meta[name="reco:item"]').content = '6';
    });
    await changed(['11', '12', '13']);

    assert.deepStrictEqual(asked().map((query) => query.item), ['6']);
});

test('a page from the back/forward cache gets a new block', async () => {
    await shop.open('/product/5');
    await shop.arrival('view');
    await pause(700);
    await shop.page.click('#next');
    await shop.arrival('view', 2);
    await shop.page.evaluate(() => history.back());
    await changed(['11', '12', '13']);
    assert.ok(shop.page.url().endsWith('/5'));
});

test('two acts at once end with the newer block', async () => {
    await shop.open('/product/5');
    await shop.arrival('view');
    await shop.page.evaluate(() => {
        const { fetch } = window;
        let slower = 600;

        window.fetch = async (...call) => {
            const answer = await fetch(...call);
            if (`${call[0]}`.includes('recommendations')) {
                await new Promise((done) => setTimeout(done, slower));
                slower += 300;
            }
            return answer;
        };
    });
    await shop.page.click('#cart');
    await until('the first question', () => asked().length === 1);
    site.recommended = ['21', '22', '23'];
    await shop.page.click('#cart');
    await changed(['21', '22', '23']);
});

test('the new block is an impression of its own', async () => {
    await shop.open('/product/5');
    await shop.arrival('impression');
    await shop.page.click('#cart');
    const [, second] = await shop.arrival('impression', 2);

    assert.deepStrictEqual(second.items, ['11', '12', '13']);
    assert.notStrictEqual(second.req, 'r5');
});

test('an answer that is no block leaves the page alone', async () => {
    await shop.open('/product/5');
    await shop.page.route('**/recommendations?*', (route) =>
        route.fulfill({ contentType: 'text/html', body: '<p>Sorry</p>' }));
    await shop.page.click('#cart');
    await shop.arrival('cart');
    await pause(500);
    assert.deepStrictEqual(await shown(), ['7', '8', '9']);

    await shop.page.unroute('**/recommendations?*');
    await shop.page.route('**/recommendations?*', (route) =>
        route.fulfill({ status: 204 }));
    await shop.page.click('#cart');
    await shop.arrival('cart', 2);
    await pause(500);
    assert.deepStrictEqual(await shown(), ['7', '8', '9']);
});

test('scripts in an answer do not run', async () => {
    site.policy = "script-src 'self' 'unsafe-inline'";
    await shop.open('/product/5');
    await shop.page.route('**/recommendations?*', (route) => route.fulfill({
        contentType: 'text/html',
        body: block('x', ['11']).replace('<h2>',
            '<script>window.ran = true</script><h2>'),
    }));
    await shop.page.click('#cart');
    await changed(['11']);

    assert.strictEqual(await shop.page.evaluate(() => window.ran),
        undefined);
});

test('the block moves nothing around it', async () => {
    await shop.open('/product/5');
    await shop.page.evaluate(() => {
        window.shift = 0;
        new PerformanceObserver((list) => list.getEntries().map((entry) =>
            (window.shift += entry.value)))
            .observe({ type: 'layout-shift', buffered: true });
    });
    await pause(700);
    await shop.page.evaluate(() => reco('cart', {}));
    await changed(['11', '12', '13']);
    await pause(500);

    assert.strictEqual(await shop.page.evaluate(() => window.shift), 0);
});
