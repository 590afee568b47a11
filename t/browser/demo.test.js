'use strict';

// The demo as a buyer sees it, on a desk and on a phone.  Screenshots are left
// in build/screenshots.

const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { BUILD } = require('./lib/site');
const { ask, launch, pause, travel, until, visit } = require('./lib/browser');

const ROOT = path.join(__dirname, '..', '..');
const SCREENSHOTS = path.join(BUILD, 'screenshots');
const START_MS = 300000;
const SLOTS = ['related', 'for-you'];

const DEVICES = {
    desktop: { viewport: { width: 1280, height: 900 } },
    phone: {
        viewport: { width: 390, height: 844 },
        deviceScaleFactor: 2, hasTouch: true, isMobile: true,
    },
};

let browser;
let demo;
let shop; // its address
let agent;

before(async () => {
    let said = '';

    fs.mkdirSync(SCREENSHOTS, { recursive: true });
    demo = spawn(path.join(ROOT, 'demo', 'run'), ['--no-install'],
        { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [demo.stdout, demo.stderr]) {
        stream.on('data', (text) => (said += text));
    }
    demo.on('exit', (code) => (said += `\ndemo/run ended: ${code}`));
    await until('an open shop', () => {
        const [, port] = /open:\s+http:\S+:(\d+)\//.exec(said) || [];

        // A bare machine may not know the name localhost.
        if (port) shop = `http://127.0.0.1:${port}`;
        return shop || demo.exitCode !== null;
    }, START_MS);
    assert.ok(shop, said);

    browser = await launch();
    // The module knows a headless browser for the robot that it is.
    const { context, page } = await visit(browser);
    agent = (await page.evaluate(() => navigator.userAgent))
        .replace('Headless', '');
    await context.close();
});

after(async () => {
    if (browser) await browser.close();
    if (demo.exitCode === null) {
        const ended = new Promise((done) => demo.on('exit', done));

        demo.kill('SIGINT');
        await ended;
    }
});

const enter = async (device, option) => {
    const visitor = await visit(browser,
        { ...DEVICES[device], userAgent: agent, ...option });

    visitor.page.setDefaultTimeout(10000);
    await visitor.page.addInitScript(() => {
        window.shifts = [];
        new PerformanceObserver((list) => list.getEntries().map((entry) =>
            window.shifts.push({
                value: entry.value,
                unexpected: !entry.hadRecentInput,
                what: entry.sources.map(({ node, previousRect: from,
                    currentRect: to }) => `${node && node.outerHTML
                    || node && node.data}: ${from.y} + ${from.height} to ${
                    to.y} + ${to.height}`.slice(-200)),
                ours: entry.sources.some(({ node }) => node &&
                    (node.closest || node.parentNode.closest)
                        .call(node.closest ? node : node.parentNode,
                            '.reco')),
            }))).observe({ type: 'layout-shift', buffered: true });
    });

    return visitor;
};

// The items of each block, in order.
const blocks = async (page) => Object.fromEntries(await Promise.all(
    SLOTS.map(async (slot) => [slot, await page.$$eval(
        `[data-reco-block="${slot}"] [data-reco-item]`, (items) =>
            items.map((item) => item.dataset.recoItem))])));

const picture = async (page, name) => {
    // What is loaded late is part of the picture.
    await page.evaluate(() => Promise.all([...document.images].map(
        (image) => {
            image.loading = 'eager';
            return image.decode();
        })));
    await page.screenshot({
        path: path.join(SCREENSHOTS, `${name}.png`), fullPage: true });
};

const follow = async (page, slot, place) => {
    const link = page.locator(`[data-reco-block="${slot}"] [data-reco-rank]`)
        .nth(place);
    const address = await link.getAttribute('href');

    await link.scrollIntoViewIfNeeded();
    await pause(1200);
    await link.click();
    await page.waitForURL(`**${address}`);
};

const count = async (name) => {
    const text = await (await fetch(`${shop}/reco/status`)).text();

    return Number(new RegExp(`^${name}(?:{[^}]*})? (\\d+)`, 'm')
        .exec(text)[1]);
};


for (const device of Object.keys(DEVICES)) {
    test(`a visit by ${device}: blocks follow what is clicked`, async () => {
        const { complaints, context, page } = await enter(device);
        const events = await count('reco_events_total');
        const seen = [];
        const first = `${shop}/product/3287`;

        for (const address of [`${shop}/`, first]) await page.goto(address);
        await pause(1200);
        seen.push(await blocks(page));
        for (const [slot, place] of [['related', 1], ['for-you', 0],
            ['related', 2]]) {
            await follow(page, slot, place);
            seen.push(await blocks(page));
        }
        await pause(1200);
        const shifts = await page.evaluate(() => window.shifts);
        await page.goto(first);
        await pause(1200);
        const again = await blocks(page);

        for (const shown of [...seen, again]) {
            for (const slot of SLOTS) {
                assert.ok(shown[slot].length >= 4, `${slot}: ${shown[slot]}`);
                assert.strictEqual(new Set(shown[slot]).size,
                    shown[slot].length, 'no item twice');
            }
        }
        for (const slot of SLOTS) {
            assert.notDeepStrictEqual(again[slot], seen[0][slot], slot);
        }
        assert.deepStrictEqual(shifts.filter(({ ours, unexpected }) =>
            ours || unexpected), []);
        await until('seven events', async () =>
            await count('reco_events_total') >= events + 7);
        assert.deepStrictEqual(complaints, []);
        await context.close();
    });

    test(`pages fit the ${device}`, async () => {
        const { context, page } = await enter(device);

        for (const [name, address] of [['home', '/'],
            ['product', '/product/3287'], ['basket', '/basket'],
            ['search', `/search?q=${'w'.repeat(200)}`]]) {
            await page.goto(shop + address);
            const width = await page.evaluate(() =>
                [document.documentElement.scrollWidth, innerWidth]);

            await picture(page, `${device}-${name}`);
            assert.ok(width[0] <= width[1], `${name}: ${width}`);
        }
        await context.close();
    });
}

test('a live block is as high with long titles and reasons as without',
    async () => {
        for (const device of Object.keys(DEVICES)) {
            const { context, page } = await enter(device);

            await page.goto(`${shop}/product/3287`);
            for (const kind of ['cards', 'carousel', 'list']) {
                const [without, having] = await page.evaluate((kind) => {
                    for (const block of document.querySelectorAll('.reco')) {
                        block.className = `reco reco-${kind}`;
                    }

                    return ['', 'Words that fill two lines '.repeat(9)]
                        .map((words) => {
                            for (const text of document.querySelectorAll(
                                '[data-reco-live] .reco-text')) {
                                text.querySelector('.reco-reason')?.remove();
                                text.querySelector('.reco-title').textContent
                                    = words || 'x';
                                if (words) {
                                    text.insertAdjacentHTML('beforeend',
                                        '<span class="reco-reason">'
                                        + `${words}</span>`);
                                }
                            }

                            return document.body.scrollHeight;
                        });
                }, kind);

                assert.strictEqual(having, without, `${kind} on ${device}`);
            }
            await context.close();
        }
    });

test('dark', async () => {
    const { context, page } = await enter('desktop', { colorScheme: 'dark' });

    await page.goto(`${shop}/product/3287`);
    await picture(page, 'desktop-product-dark');
    await context.close();
});

test('a visitor without JavaScript gets blocks that follow, too', async () => {
    const { context, page } = await enter('desktop',
        { javaScriptEnabled: false });

    await page.goto(`${shop}/product/3287`);
    const before = await blocks(page);
    for (const item of before.related.slice(0, 2)) {
        await page.goto(`${shop}/product/${item}`);
    }
    await page.goto(`${shop}/product/3287`);

    assert.ok(before.related.length >= 4);
    assert.notDeepStrictEqual(await blocks(page), before);
    await context.close();
});

test('a page that comes back from the cache shows what was clicked since',
    async () => {
        const { complaints, context, page } = await enter('desktop');

        await page.goto(`${shop}/product/3287`);
        await page.evaluate(() => (window.kept = true));
        await pause(1200);
        const before = await blocks(page);
        await follow(page, 'related', 0);
        await pause(1200);
        await travel(page, -1);
        await until('the page itself', () => ask(page, () => window.kept));
        const height = await page.evaluate(() => document.body.scrollHeight);
        await until('other items', async () =>
            `${(await blocks(page)).related}` !== `${before.related}`);

        assert.strictEqual(await page.evaluate(() => window.kept), true);
        await pause(300);
        assert.strictEqual(await page.evaluate(() =>
            document.body.scrollHeight), height);
        assert.deepStrictEqual((await page.evaluate(() => window.shifts))
            .filter(({ ours, unexpected }) => ours || unexpected), []);
        assert.deepStrictEqual(complaints, []);
        await context.close();
    });
