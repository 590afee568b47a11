'use strict';

// Blocks follow what the visitor does, in the page, where a slot asks for it.

const assert = require('node:assert');
const { test } = require('node:test');
const { openShop } = require('./lib/shop');
const { ask, pause, travel, until } = require('./lib/browser');
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
    let known;

    site.recommended = () => {
        known = site.of('cart').length;
        return ['11', '12', '13'];
    };
    await shop.open('/product/5');
    await shop.page.click('#cart');
    await changed(['11', '12', '13']);

    const [query] = asked();
    assert.strictEqual(query.slot, 'related');
    assert.strictEqual(query.item, '5');
    assert.strictEqual(query.format, 'html');
    assert.strictEqual(known, 1);
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

test('a click that leads to an item asks for nothing', async () => {
    await shop.open('/product/5');
    await shop.page.evaluate(() => document.querySelector('[data-reco-item]')
        .addEventListener('click', (event) => event.preventDefault()));
    await shop.page.click('[data-reco-item="7"]');
    await shop.arrival('click');
    await pause(500);

    assert.deepStrictEqual(asked(), []);
});

// Above the block, at it, below it.
for (const y of [0, 150, 900]) {
    test(`focus and scroll stay where they are, ${y} px down`, async () => {
        site.pages['/long'] = product(5).replace('</body>',
            `<pre>${'\n'.repeat(150)}</pre></body>`);
        await shop.open('/long');
        await shop.page.focus('[data-reco-item="8"]');
        await shop.page.evaluate((top) => {
            const observed = window.scrolled = [];

            document.querySelector('.scroller').scrollTo(
                { left: 120, behavior: 'instant' });
            scrollTo(0, top);
            requestAnimationFrame(function look() {
                observed.push([
                    document.querySelector('.scroller').scrollLeft, scrollY]);
                requestAnimationFrame(look);
            });
            reco('rating', { value: 5 });
        }, y);
        await changed(['11', '12', '13']);
        await pause(300);

        assert.deepStrictEqual(await shop.page.evaluate(() => [
            document.activeElement.dataset.recoItem,
            [...new Set(window.scrolled.map(String))],
        ]), ['12', [`120,${y}`]]);
    });
}

test('the same items are not put in again', async () => {
    site.recommended = () => ['7', '8', '9'];
    await shop.open('/product/5');
    await shop.page.evaluate(() => (window.link =
        document.querySelector('[data-reco-item]')));
    await shop.page.click('#cart');
    await until('the answer', () => asked().length);
    await pause(300);

    assert.ok(await shop.page.evaluate(() => window.link.isConnected));
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
    await travel(shop.page, -1);
    await changed(['11', '12', '13']);
    assert.strictEqual(await ask(shop.page, () => location.pathname),
        '/product/5');
});

test('two acts at once end with the block that both made', async () => {
    site.recommended = () => site.of('cart').length < 2 ? ['11', '12', '13']
        : ['21', '22', '23'];
    site.delay = 300;
    await shop.open('/product/5');
    await shop.page.click('#cart');
    await shop.page.click('#cart');
    await changed(['21', '22', '23']);
});

test('an act while a block is on its way changes the block again',
    async () => {
        let answers = 0;

        site.recommended = () => answers++ ? ['21', '22', '23']
            : ['11', '12', '13'];
        await shop.page.route('**/recommendations?*', async (route) => {
            const response = await route.fetch();
            await pause(400);
            await route.fulfill({ response });
        });
        await shop.open('/product/5');
        await shop.page.click('#cart');
        await until('the first question', () => asked().length === 1);
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
