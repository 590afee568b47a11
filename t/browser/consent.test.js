'use strict';

// Nothing is kept or sent against the visitor's will.

const assert = require('node:assert');
const { test } = require('node:test');
const { openShop } = require('./lib/shop');
const { pause, until } = require('./lib/browser');
const { product } = require('./lib/site');

const shop = openShop();
const { site } = shop;

const kept = () => shop.page.evaluate(() => Object.keys(localStorage));

const act = async () => {
    await shop.page.click('#cart');
    await shop.page.mouse.wheel(0, 300);
    await pause(1500);
};

const answer = (granted) => shop.page.evaluate((yes) =>
    reco('consent', yes), granted);

const silent = async () => {
    assert.deepStrictEqual(site.arrived, []);
    assert.deepStrictEqual(await kept(), []);
    assert.ok(!site.requests.some((request) => /beacon|v1/.test(request)));
};


test('where consent is asked for, events wait in memory for it', async () => {
    site.pages['/asked'] = product(5, { script: 'data-consent="required"' });
    await shop.open('/asked');
    await act();
    await silent();

    await answer(true);
    await shop.arrival('cart');
    assert.deepStrictEqual(site.of('view').map((view) => view.item), ['5']);
});

test('a refusal drops what waited, and what comes', async () => {
    site.pages['/asked'] = product(5, { script: 'data-consent="required"' });
    await shop.open('/asked');
    await act();
    await answer(false);
    await act();
    await silent();
    await shop.open('/asked');
    await act();
    await silent();
});

test('a refusal drops what an earlier page left', async () => {
    site.status = 503;
    await shop.open('/product/5');
    await act();
    assert.notDeepStrictEqual(await kept(), []);
    shop.forgiven = /Failed to load resource/;

    site.status = 204;
    await shop.cut(true);
    await answer(false);
    assert.deepStrictEqual(await kept(), []);
    await shop.cut(false);
    await act();
    assert.deepStrictEqual(site.arrived, []);
});

test('consent can be given again after a refusal', async () => {
    await shop.open('/product/5');
    await shop.arrival('view');
    await answer(false);
    await act();
    await answer(true);
    await act();

    assert.strictEqual((await shop.arrival('cart')).length, 1);
});

test('a refusal queued before the file is here holds from the start',
    async () => {
        site.pages['/stub.js'] = 'window.reco = function () {' +
            ' (reco.q = reco.q || []).push(arguments) };' +
            ' reco("consent", false);';
        site.pages['/early'] = product(5,
            { head: '<script src="/stub.js"></script>' });
        await shop.open('/early');
        await act();
        await silent();
    });

for (const [name, property, value] of [
    ['Do Not Track', 'doNotTrack', '1'],
    ['Global Privacy Control', 'globalPrivacyControl', true],
]) {
    test(`${name} outweighs what the page says`, async () => {
        await shop.page.addInitScript(([key, signal]) => {
            Object.defineProperty(Navigator.prototype, key,
                { get: () => signal });
        }, [property, value]);
        await shop.open('/product/5');
        await answer(true);
        await act();
        await silent();
    });
}

test('forget drops what is kept here and on the server', async () => {
    await shop.open('/product/5');
    await shop.arrival('view');
    const before = site.arrived.length;

    await shop.page.evaluate(() => reco('forget'));
    await act();

    await until('the server is asked', () =>
        site.requests.includes('POST /reco/v1/forget'));
    assert.deepStrictEqual(await kept(), []);
    assert.strictEqual(site.arrived.length, before);
});
