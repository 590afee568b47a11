'use strict';

// Debian's Chromium, driven by Playwright.

const { createRequire } = require('node:module');
const path = require('node:path');
const { BUILD } = require('./site');

const installed = createRequire(path.resolve(BUILD, 'browser', 'tests.js'));

const ARGUMENTS = ['--headless', '--no-sandbox', '--disable-gpu',
    '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'];

const launch = () => installed('playwright-core').chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ARGUMENTS,
    // Going back must find the page as it was left.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
});

// A page of a visitor of its own, and what its console complained about.
const visit = async (browser, option) => {
    const context = await browser.newContext(option);
    const page = await context.newPage();
    const complaints = [];

    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
    });

    return { complaints, context, page };
};

// Waits until a condition holds; says which did not.
const until = async (what, condition, ms = 5000) => {
    const end = Date.now() + ms;

    while (!await condition()) {
        if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
        await new Promise((done) => setTimeout(done, 20));
    }
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

module.exports = { launch, pause, until, visit };
