'use strict';

// The golden events, which the C side parses: the SDK sends the same for the
// same act.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { openShop } = require('./lib/shop');
const { pause, until } = require('./lib/browser');
const { block, product } = require('./lib/site');

const GOLDEN = path.join(__dirname, '..', 'golden', 'events');

const shop = openShop();
const { site } = shop;

const golden = (name) => JSON.parse(fs.readFileSync(
    path.join(GOLDEN, `${name}.json`), 'utf8')).body;

// Ids and times differ from run to run; a number may be given as text, and an
// item as a number.
const comparable = (event) => {
    const { v, id, ts, sent, ms, depth, ...rest } = event;

    if (rest.price) rest.price = Number(rest.price);
    if (rest.type === 'impression') rest.items = rest.items.map(String);
    if (ms) rest.ms = 'a time';
    if (depth) rest.depth = 'a depth';

    return rest;
};

const sends = async (name) => {
    const [event] = await shop.arrival(golden(name).type);

    assert.deepStrictEqual(comparable(event), comparable(golden(name)));
    assert.deepStrictEqual([typeof event.v, typeof event.id, typeof event.ts,
        typeof event.sent], ['number', 'string', 'number', 'number']);
};


for (const name of ['purchase', 'rating', 'search', 'custom']) {
    test(`reco('${name}', ...) is ${name}.json`, async () => {
        const { type, ...fields } = golden(name);

        site.pages['/plain'] = product(1, { meta: false });
        await shop.open('/plain');
        await shop.page.waitForFunction('window.reco');
        await shop.page.evaluate(([command, argument]) =>
            reco(command, argument), [type, fields]);
        await sends(name);
    });
}

test('a router\'s view is view.json', async () => {
    site.pages['/plain'] = product(1, { meta: false });
    await shop.open('/plain');
    await shop.page.waitForFunction('window.reco');
    await shop.page.evaluate(({ item, ctx }) => reco('view', { item, ctx }),
        golden('view'));
    await sends('view');
});

test('a click on the third place is click.json', async () => {
    const { req, item } = golden('click');

    site.pages['/click'] = product(1).replace(/<section[^]*<\/section>/,
        block(req, ['1', '2', item]));
    await shop.open('/click');
    await shop.page.click('[data-reco-rank="2"]');
    await sends('click');
});

test('a block in view is impression.json', async () => {
    const { req, items } = golden('impression');

    site.pages['/impression'] = product(1).replace(
        /<section[^]*<\/section>/, block(req, items));
    await shop.open('/impression');
    await sends('impression');
});

test('a button that declares it is cart.json', async () => {
    const { item, price, currency } = golden('cart');

    site.pages['/cart'] = product(item).replace(/<button[^]*<\/button>/,
        `<button id="cart" data-reco-event="cart" data-reco-price="${price}"
        data-reco-currency="${currency}">Add</button>`);
    await shop.open('/cart');
    await shop.page.click('#cart');
    await sends('cart');
});

test('attention is dwell.json, scroll.json and hover.json', async () => {
    site.pages['/42'] = product(42, { items: ['7'] }).replace(
        '<h1>', '<h1 data-reco-item="42">');
    await shop.open('/42');
    await shop.page.hover('h1');
    await pause(800);
    await shop.page.hover('#next');
    await shop.page.mouse.wheel(0, 300);
    await until('scrolled', () => shop.page.evaluate(() => scrollY > 0));
    await pause(300);
    await shop.page.click('#next');
    for (const name of ['hover', 'dwell', 'scroll']) await sends(name);
});
