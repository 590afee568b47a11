'use strict';

// Active time: visible, focused, not idle.  The page's clock is ours.

const assert = require('node:assert');
const { beforeEach, test } = require('node:test');
const { openShop } = require('./lib/shop');

const shop = openShop();
const { site } = shop;

// Seconds of the page's time, in steps as timers see them.
const pass = async (seconds, act = () => {}) => {
    for (let second = 0; second < seconds; second++) {
        await shop.pass(1000);
        await act();
    }
    await shop.settle();
};

const stir = () => shop.page.mouse.move(10 + Math.random() * 100, 10);

const show = (state) => shop.page.evaluate((value) => {
    Object.defineProperty(document, 'hidden',
        { configurable: true, value: value === 'hidden' });
    Object.defineProperty(document, 'visibilityState',
        { configurable: true, value });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
}, state);

const focus = (value) => shop.page.evaluate((focused) => {
    document.hasFocus = () => focused;
    window.dispatchEvent(new Event(focused ? 'focus' : 'blur'));
}, value);

const dwelt = () => site.of('dwell').reduce((sum, event) =>
    sum + event.ms, 0) / 1000;

const about = (actual, expected, tolerance) =>
    assert.ok(Math.abs(actual - expected) <= tolerance,
        `${actual} s, not about ${expected} s`);

beforeEach(async () => {
    await shop.freeze('/product/5');
    await stir();
});


test('time with signs of life counts, in heartbeats', async () => {
    await pass(60, stir);

    about(dwelt(), 60, 2);
    assert.ok(site.of('dwell').length >= 4);
    assert.ok(site.of('dwell').every((event) => event.ms <= 16000));
});

test('after 30 s without a sign of life nothing counts', async () => {
    await pass(120);
    assert.ok(dwelt() <= 30 && dwelt() >= 14, `${dwelt()} s`);

    const before = dwelt();
    await stir();
    await pass(16);
    about(dwelt() - before, 15, 2);
});

test('a hidden page gains no time', async () => {
    await pass(10, stir);
    await show('hidden');
    await pass(20);
    about(dwelt(), 10, 2);

    await show('visible');
    await pass(16, stir);
    about(dwelt(), 26, 3);
});

test('a page without focus gains no time', async () => {
    await pass(5, stir);
    await focus(false);
    await pass(20);
    await focus(true);
    await pass(35, stir);

    about(dwelt(), 40, 3);
});

test('a clock that jumps adds nothing', async () => {
    await pass(5, stir);
    await shop.page.clock.setSystemTime(Date.now() + 36000000);
    await pass(20, stir);
    assert.ok(dwelt() < 40, `${dwelt()} s`);
    assert.ok(site.of('dwell').every((event) => event.ms > 0));
});

test('an idle pointer does not hover on', async () => {
    await pass(1);
    await shop.page.hover('[data-reco-item="7"]');
    await pass(200);
    await shop.page.hover('h1');
    await pass(2);

    const [hover] = site.of('hover');
    assert.ok(hover.ms <= 30000, `${hover.ms} ms`);
});
