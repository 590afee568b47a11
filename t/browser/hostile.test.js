'use strict';

// Pages that work against the script, by intent or by the names of their forms:
// nothing is thrown at the page, and no event goes astray or says what is wrong.

const assert = require('node:assert');
const { test } = require('node:test');
const { openShop } = require('./lib/shop');
const { pause } = require('./lib/browser');
const { product } = require('./lib/site');

const shop = openShop();
const { site } = shop;

// Elements before the script, whose names stand in for what it reads.
const beside = (html) => product('5', { head: '' }).replace(
    '<script src="/reco.js"', `${html}<script src="/reco.js"`);

const clobbers = {
    'a search form called reco': '<form name="reco"><input name="q"></form>',
    'two forms called reco': '<form name="reco"></form><form id="reco"></form>',
    'an image called reco': '<img name="reco" alt="">',
    'an image called localStorage': '<img name="localStorage" alt="">',
    'an image called location': '<img name="location" alt="">',
    'an image called currentScript': '<img name="currentScript" alt="" ' +
        'data-endpoint="/evil" data-api="/evil/" data-item="evil">',
    'a form called currentScript': '<form name="currentScript" ' +
        'data-endpoint="/evil" data-api="/evil/" data-item="evil">' +
        '<input name="noModule" value="0"></form>',
};

async function eventsGoTheirWay() {
    await shop.open('/hostile');
    await shop.page.click('#cart');

    assert.strictEqual((await shop.arrival('view'))[0].item, '5');
    assert.strictEqual((await shop.arrival('cart'))[0].item, '5');
    assert.deepStrictEqual(
        site.requests.filter((request) => /evil/.test(request)), []);
}

for (const [name, html] of Object.entries(clobbers)) {
    test(`${name}: events go their way`, async () => {
        site.pages['/hostile'] = beside(html);
        await eventsGoTheirWay();
    });
}

test('settings are the tag\'s own, whatever all objects have', async () => {
    site.policy = '';
    site.pages['/hostile'] = beside(`<script>
        Object.assign(Object.prototype,
            { api: '/evil/', endpoint: '/evil', item: 'evil', consent: 'evil' });
        </script>`);
    await eventsGoTheirWay();
});

test('attributes that are nonsense spoil their own event alone', async () => {
    shop.forgiven = /413/;
    site.pages['/hostile'] = product(5).replace('</h1>', `</h1>
        <p><a id="odd" href="#" data-reco-item="a&#1;b&#155;" data-reco-price="x"
        data-reco-qty="1e999" data-reco-rank="-">Odd</a></p>
        <p><button id="huge" data-reco-event="cart">Huge</button></p>`);
    await shop.open('/hostile');
    await shop.page.click('#odd');
    await shop.page.evaluate(() => {
        document.getElementById('huge').dataset.recoItem = 'x'.repeat(200000);
    });
    await shop.page.click('#huge');
    await shop.page.click('#cart');

    assert.strictEqual((await shop.arrival('cart', 1))[0].item, '5');
    const [odd] = await shop.arrival('click');
    assert.strictEqual(odd.item, 'a\x01b\u203a');
    for (const field of ['price', 'qty', 'rank']) {
        assert.strictEqual(odd[field] ?? null, null, field);
    }
});

test('a sandboxed frame without storage', async () => {
    shop.forgiven = /CORS|ERR_FAILED|sandbox/i;
    site.policy = '';
    site.pages['/frame'] =
        '<iframe src="/product/5" sandbox="allow-scripts"></iframe>';
    const problems = [];
    shop.page.on('pageerror', (error) => problems.push(String(error)));
    await shop.open('/frame');
    await shop.arrival('view');
    await pause(500);

    assert.deepStrictEqual(problems, []);
});

test('what another script did to all objects gets into no event', async () => {
    await shop.page.addInitScript(() => {
        Object.prototype.qty = 7;
        Object.prototype.ctx = { evil: 1 };
        Object.prototype['reco.x'] = '[{"type":"view","item":"evil"}]';
    });
    await shop.open('/product/5');
    await shop.page.click('[data-reco-item="7"]', { modifiers: ['Control'] });

    const [click] = await shop.arrival('click');
    assert.deepStrictEqual([click.qty, click.ctx], [undefined, undefined]);
    await shop.arrival('view');
});
