'use strict';

// sdk/src/delivery.ts alone, with time, network and storage of the test's own.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const vm = require('node:vm');

const SOURCE = path.join(__dirname, '..', '..', '..', 'sdk', 'src');
const script = execFileSync('esbuild', [path.join(SOURCE, 'delivery.ts'),
    '--bundle', '--format=cjs', '--log-level=warning']).toString();

// What is to follow an act.
const act = () => {};

// A page in which time passes when the test says so.
const openPage = (option = {}) => {
    const page = {
        time: 1.7e12,
        timers: new Map(),
        posts: [], // [time, events] of each request
        answer: () => 204,
        storage: {},
        ...option,
    };
    const module = { exports: {} };

    vm.runInNewContext(script, {
        module,
        crypto: globalThis.crypto || require('node:crypto').webcrypto,
        document: { currentScript: { dataset: page.dataset || {} } },
        navigator: {
            onLine: true,
            sendBeacon: (url, body) => page.beacon(JSON.parse(body)),
        },
        window: {},
        localStorage: page.storage,
        Date: { now: () => page.time },
        Math: Object.assign(Object.create(Math), {
            random: () => page.random ?? 1 }),
        setTimeout(action, ms) {
            const id = page.timers.size + Math.random();
            page.timers.set(id, [page.time + ms, action]);
            return id;
        },
        clearTimeout: (id) => void page.timers.delete(id),
        async fetch(url, { body, keepalive }) {
            const events = JSON.parse(body);
            page.posts.push({ time: page.time, events, keepalive });
            const status = await page.answer(events);
            if (!status) throw new TypeError('Failed to fetch');
            return { status };
        },
    });

    // Answers settle before time goes on.
    page.pass = async (ms) => {
        const end = page.time + ms;

        for (;;) {
            await new Promise(setImmediate);
            const due = [...page.timers].filter(([, [time]]) => time <= end)
                .sort(([, [a]], [, [b]]) => a - b)[0];
            if (!due) break;
            page.timers.delete(due[0]);
            page.time = due[1][0];
            due[1][1]();
        }
        page.time = end;
    };

    return Object.assign(page, module.exports);
};


test('what is noticed waits a second for company', async () => {
    const page = openPage();

    page.emit('dwell', { ms: 1000 });
    await page.pass(600);
    page.emit('hover', { ms: 700 });
    await page.pass(399);
    assert.strictEqual(page.posts.length, 0);
    await page.pass(1);

    assert.deepStrictEqual(page.posts[0].events.map((event) => event.type),
        ['dwell', 'hover']);
});

test('what follows an act does so once all has arrived', async () => {
    let followed = 0;
    const page = openPage({ answer: () => page.posts.length < 3 ? 503 : 204 });

    page.emit('cart', { item: '1' }, () => followed++);
    page.emit('dwell', { ms: 1000 });
    await page.pass(3999);
    assert.strictEqual(followed, 0);
    await page.pass(60000);
    assert.strictEqual(page.posts.at(-1).events.at(-1).type, 'dwell');
    assert.strictEqual(followed, 1);
});

test('an act goes at once, with what waited before it', async () => {
    const page = openPage();

    page.emit('dwell', { ms: 1000 });
    page.emit('cart', { item: '1' }, act);

    assert.deepStrictEqual(page.posts[0].events.map((event) => event.type),
        ['dwell', 'cart']);
});

test('one request at a time: order is kept', async () => {
    let settle;
    const page = openPage({ answer: () => new Promise((done) => {
        settle = done;
    }) });

    for (const item of ['1', '2', '3']) page.emit('cart', { item }, act);
    await page.pass(5000);
    assert.strictEqual(page.posts.length, 1);
    settle(204);
    await page.pass(0);

    assert.deepStrictEqual(page.posts[1].events.map((event) => event.item),
        ['2', '3']);
});

test('pauses double up to a minute, times a random share', async () => {
    const pauses = async (random) => {
        const page = openPage({ random, answer: () => 503 });

        page.emit('cart', {}, act);
        await page.pass(400000);
        return page.posts.slice(1).map(({ time }, i) =>
            time - page.posts[i].time);
    };

    assert.deepStrictEqual((await pauses(1)).slice(0, 9),
        [1000, 3000, 7000, 15000, 31000, 63000, 63000, 63000, 63000]);
    assert.deepStrictEqual((await pauses(0.5)).slice(0, 7),
        [500, 1500, 3500, 7500, 15500, 31500, 31500]);
});

test('a success ends the pauses', async () => {
    const page = openPage({ answer: () => page.posts.length < 5 ? 0 : 204 });

    page.emit('cart', {}, act);
    await page.pass(100000);
    page.answer = () => page.posts.length < 7 ? 0 : 204;
    page.emit('cart', {}, act);
    await page.pass(100000);

    assert.strictEqual(page.posts.length, 7);
    assert.strictEqual(page.posts[6].time - page.posts[5].time, 1000);
});

test('after a failure events go one at a time, and not by keepalive',
    async () => {
        const page = openPage({ answer: () => 0 });

        for (let n = 0; n < 100; n++) page.emit('hover', { ms: n });
        await page.pass(1000);
        assert.strictEqual(page.posts[0].events.length, 64);
        assert.strictEqual(page.posts[0].keepalive, true);

        page.answer = () => 204;
        await page.pass(1000);
        assert.deepStrictEqual(page.posts.map(({ events, keepalive }) =>
            [events.length, keepalive]),
        [[64, true], [1, false], [64, true], [35, true]]);
    });

test('an id is the same in each attempt, "sent" is not', async () => {
    const page = openPage({ answer: () => 0 });

    page.emit('cart', {}, act);
    await page.pass(5000);
    const attempts = page.posts.map(({ events: [event] }) => event);

    assert.ok(attempts.length > 2);
    assert.strictEqual(new Set(attempts.map(({ id }) => id)).size, 1);
    assert.deepStrictEqual(attempts.map(({ sent }) => sent),
        page.posts.map(({ time }) => time));
    assert.ok(attempts.every(({ ts }) => ts === attempts[0].ts));
});

test('fifty pages make no id twice', () => {
    const ids = new Set();

    for (let n = 0; n < 50; n++) {
        const page = openPage();
        for (let i = 0; i < 200; i++) page.emit('hover', { ms: i });
        for (const event of JSON.parse(Object.values(page.storage)[0])) {
            ids.add(event.id);
            assert.match(event.id, /^[\d,-]{1,36}$/);
        }
    }
    assert.strictEqual(ids.size, 10000);
});

test('a page that is left sends what a request carries once more, by beacon',
    async () => {
        const beacons = [];
        const page = openPage({
            answer: () => new Promise(() => {}),
            beacon: (events) => beacons.push(...events),
        });

        page.emit('cart', { item: '1' }, act);
        page.emit('dwell', { item: '2', ms: 900 });
        page.send(true);

        assert.deepStrictEqual(beacons.map(({ item }) => item), ['1', '2']);
        assert.strictEqual(Object.values(page.storage)[0], '[]');

        // The page comes back, and nobody answers the request any more.
        page.emit('view', { item: '3' });
        await page.pass(1000);

        assert.deepStrictEqual(page.posts.map(({ events }) =>
            events.map(({ item }) => item)), [['1'], ['3']]);
    });

test('a late answer takes away what it answers, and nothing else', async () => {
    const answers = [];
    const page = openPage({
        answer: () => new Promise((done) => answers.push(done)),
        beacon: () => false,
    });

    page.emit('cart', { item: '1' }, act);
    page.send(true);
    page.emit('cart', { item: '2' }, act);
    assert.deepStrictEqual(page.posts.map(({ events }) =>
        events.map(({ item }) => item)), [['1'], ['1', '2']]);

    answers[0](204);
    await page.pass(0);
    assert.deepStrictEqual(JSON.parse(Object.values(page.storage)[0])
        .map(({ item }) => item), ['2']);
});

test('a beacon that the browser refuses stays for the next page', () => {
    const page = openPage({ beacon: () => false });

    page.emit('dwell', { item: '2', ms: 900 });
    page.send(true);
    const next = openPage({ storage: page.storage });
    next.adopt();
    next.emit('cart', { item: '3' }, act);

    assert.deepStrictEqual(next.posts[0].events.map(({ item }) => item),
        ['2', '3']);
});

test('a refusal while a request is under way loses nothing that comes later',
    async () => {
        let settle;
        const page = openPage({ answer: () => new Promise((done) => {
            settle = done;
        }) });

        page.emit('cart', { item: '1' }, act);
        page.allow(false);
        page.allow(true);
        page.emit('hover', { item: '2' });
        settle(204);
        await page.pass(2000);
        settle(204);
        await page.pass(2000);

        assert.deepStrictEqual(page.posts.map(({ events }) =>
            events.map(({ item }) => item)), [['1'], ['2']]);
    });

test('a damaged entry of the store is given up, and no other', () => {
    const kept = (item) => JSON.stringify([{ v: 1, id: item, type: 'view', item }]);
    const page = openPage({ storage: {
        'reco.1': kept('before'),
        'reco.2': '{"half',
        'reco.3': '7',
        other: 'theirs',
        'reco.4': kept('behind'),
    } });

    page.adopt();
    page.emit('view', { item: 'now' });

    const [[key, text], ...rest] = Object.entries(page.storage)
        .filter(([key]) => key !== 'other');
    assert.match(key, /^reco\.\d+,\d+$/);
    assert.deepStrictEqual(rest, []);
    assert.deepStrictEqual(JSON.parse(text).map((event) => event.item),
        ['before', 'behind', 'now']);
    assert.strictEqual(page.storage.other, 'theirs');
});
