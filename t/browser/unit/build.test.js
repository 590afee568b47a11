'use strict';

// What the build makes of sdk/; no browser needed.

const assert = require('node:assert');
const { createHash } = require('node:crypto');
const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const zlib = require('node:zlib');
const { BUILD } = require('../lib/site');

const ROOT = path.join(__dirname, '..', '..', '..');
const LIMIT = 2048;

const built = (name) => fs.readFileSync(path.join(BUILD, name));


test(`reco.js.gz has at most ${LIMIT} bytes`, () => {
    const { length } = built('reco.js.gz');

    assert.ok(length <= LIMIT, `${length} bytes`);
});

test('reco.js.gz is reco.js, and the hash is of it', () => {
    const script = built('reco.js');

    assert.deepStrictEqual(zlib.gunzipSync(built('reco.js.gz')), script);
    assert.strictEqual(built('reco.js.hash').toString().trim(),
        createHash('sha256').update(script).digest('hex').slice(0, 16));
});

test('the same build gives the same bytes', () => {
    const again = path.join(BUILD, 'browser', 'again');

    fs.mkdirSync(again, { recursive: true });
    execFileSync('make', ['-s', '-C', ROOT, 'sdk',
        `BUILD=${path.resolve(again)}`]);
    assert.deepStrictEqual(fs.readFileSync(path.join(again, 'reco.js.gz')),
        built('reco.js.gz'));
    fs.rmSync(again, { recursive: true });
});

test('the C source holds the same bytes', () => {
    const source = built('reco_sdk_data.c').toString();

    for (const [name, file] of [
        ['ngx_http_reco_sdk_plain', 'reco.js'],
        ['ngx_http_reco_sdk_gzip', 'reco.js.gz'],
    ]) {
        const [, bytes] = new RegExp(`${name}\\[\\] = \\{([^}]*)\\}`)
            .exec(source);

        assert.deepStrictEqual(
            Buffer.from(bytes.match(/\d+/g).map(Number)), built(file));
    }
    assert.ok(source.includes(`"${built('reco.js.hash').toString().trim()}"`));
});

test('nothing in it needs more than script-src \'self\'', () => {
    const script = built('reco.js').toString();

    assert.doesNotMatch(script, /\beval\b|\bFunction\(|javascript:|\son\w+=/);
});

test('its syntax is that of Safari 14', () => {
    const [lowered, same] = ['safari14', 'esnext'].map((target) =>
        execFileSync('esbuild', [`--target=${target}`, '--loader=js'],
            { input: built('reco.js') }).toString());

    assert.strictEqual(lowered, same);
});

const compiler = spawnSync('tsc', ['--version']);

test('the types hold', { skip: compiler.error && 'no TypeScript here' },
    () => {
        for (const project of ['sdk', 'sdk/types']) {
            const { status, stdout } = spawnSync('tsc',
                ['-p', path.join(ROOT, project)]);

            assert.strictEqual(status, 0, `${project}: ${stdout}`);
        }
    });
