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

// In a form, a field of that name stands in for what is the form's own.
for (const field of ['closest', 'matches', 'getAttribute', 'attributes',
    'dataset', 'parentNode', 'content', 'nodeType']) {
    test(`a form with a field called ${field}`, async () => {
        site.policy = '';
        site.pages['/form'] = product(5, { meta: false }).replace('</h1>', `</h1>
            <form data-reco-page-item="6" style="padding: 50px">
            <input name="${field}" value="evil"></form>
            <div data-reco-item="8" data-reco-rank="3">
            <form id="inner" style="padding: 50px">
            <input name="${field}" value="evil"></form></div>
            <form id="own" data-reco-item="9" data-reco-rank="4"
            style="padding: 50px"><input name="${field}" value="evil">
            <b id="within">Offer</b></form>`);
        await shop.open('/form');
        for (const id of ['inner', 'own', 'within']) {
            // Playwright's own click stumbles over such fields.
            const [x, y] = await shop.page.evaluate((name) => {
                const element = document.getElementById(name);
                Element.prototype.scrollIntoView.call(element);
                const place = Element.prototype.getBoundingClientRect.call(element);
                return [place.x + 3, place.y + 3];
            }, id);
            await shop.page.mouse.click(x, y);
        }
        await shop.page.evaluate(() => {
            document.dispatchEvent(new Event('click', { bubbles: true }));
            window.dispatchEvent(new Event('pointerover'));
        });

        assert.strictEqual((await shop.arrival('view'))[0].item, '6');
        assert.deepStrictEqual((await shop.arrival('click', 3)).map(
            ({ item, rank }) => [item, rank]), [['8', 3], ['9', 4], ['9', 4]]);
    });
}

test('a product is declared by no attribute around the declaration', async () => {
    site.pages['/around'] = product(5, { meta: false }).replace('<h1>',
        '<div content="evil"><p data-reco-page-item=""></p></div><h1>');
    await shop.open('/around');
    await shop.page.click('#cart');

    assert.ok(!(await shop.arrival('cart'))[0].item);
    assert.deepStrictEqual(site.of('view'), []);
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
