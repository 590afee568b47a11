'use strict';

// Debian's browsers, driven by Playwright: Chromium by its own protocol,
// Firefox by WebDriver BiDi.  RECO_BROWSER says which.

const { createRequire } = require('node:module');
const path = require('node:path');
const { BUILD } = require('./site');

const installed = createRequire(path.resolve(BUILD, 'browser', 'tests.js'));

const FIREFOX = process.env.RECO_BROWSER === 'firefox';

const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu',
    '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'];

// What a condition may take on a machine that has better things to do.
const PATIENCE = 60000;

const launch = () => FIREFOX
    ? installed('playwright-core')._bidiFirefox.launch({
        executablePath: process.env.FIREFOX || '/usr/bin/firefox-esr',
        headless: true,
        timeout: PATIENCE,
    })
    : installed('playwright-core').chromium.launch({
        executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
        args: ARGUMENTS,
        timeout: PATIENCE,
        // Going back must find the page as it was left.
        ignoreDefaultArgs: ['--disable-back-forward-cache'],
    });

// A page of a visitor of its own, and what its console complained about.
const visit = async (browser, option) => {
    const context = await browser.newContext(option);
    const page = await context.newPage();
    const complaints = [];

    page.setDefaultTimeout(PATIENCE);
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
    });

    return { complaints, context, page };
};

// Waits until a condition holds; says which did not.
const until = async (what, condition, ms = PATIENCE) => {
    const end = Date.now() + ms;

    while (!await condition()) {
        if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
        await new Promise((done) => setTimeout(done, 20));
    }
};

// Steps in the history, once the page has answered: it may be gone after them.
const travel = (page, steps) => page.evaluate((steps) => {
    setTimeout(() => history.go(steps));
}, steps);

// What an expression is in the page, also while a navigation ends, which takes
// away the one that was asked.
const ask = async (page, expression) => {
    for (;;) {
        try {
            return await page.evaluate(expression);
        } catch (error) {
            if (!/context was destroyed/.test(error.message)) throw error;
        }
    }
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

module.exports = { FIREFOX, ask, launch, pause, travel, until, visit };
