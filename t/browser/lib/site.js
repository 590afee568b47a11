'use strict';

// A shop of one file: product pages under a strict Content-Security-Policy, a
// beacon that can be slow, broken or away, and an API for blocks.

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const BUILD = process.env.RECO_BUILD ||
    path.join(__dirname, '..', '..', '..', 'build');

const BODY_MAX = 65536;

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; " +
    "style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'";

const STYLE = '.scroller { overflow: auto; width: 300px; ' +
    'scroll-behavior: smooth } ' +
    '.scroller ul { width: 900px }';

const block = (request, items) => `
<section data-reco-block="related" data-reco-req="${request}" data-reco-live>
<h2>Related</h2>
<div class="scroller">
<ul>${items.map((id, rank) => `
<li><a href="/product/${id}" data-reco-item="${id}" data-reco-rank="${rank}"
>Product ${id}</a></li>`).join('')}
</ul>
</div>
</section>`;

const product = (id, option = {}) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Product ${id}</title>
${option.meta === false ? '' : `<meta name="reco:item" content="${id}">`}
<link rel="stylesheet" href="/shop.css">
${option.head || ''}
<script src="/reco.js" ${option.script || ''} async></script>
</head>
<body ${option.body || ''}>
<h1>Product ${id}</h1>
<p><a id="next" href="/product/${Number(id) + 1}">Next</a></p>
<p><button id="cart" data-reco-event="cart" data-reco-price="9.5"
data-reco-currency="GBP" data-reco-qty="2">Add</button></p>
${option.tall ? '<pre>' + '\n'.repeat(200) + '</pre>' : ''}
${block(`r${id}`, option.items || ['7', '8', '9'])}
<pre>${'\n'.repeat(100)}</pre>
</body>
</html>`;

class Site {
    constructor() {
        this.reset();
    }

    reset() {
        this.bodies = []; // of each beacon that was taken
        this.refused = []; // of each that was not
        this.requests = []; // method and address of each request
        this.status = 204; // of the beacon's answer
        this.delay = 0; // ms until the beacon answers
        this.pages = {}; // path: html
        this.recommended = () => ['11', '12', '13'];
        this.policy = POLICY;
    }

    // Each test starts from here: on a port of its own, so that what the page
    // of an earlier test says at its end reaches nobody.
    async start() {
        this.stop();
        this.reset();
        const server = http.createServer((request, response) => {
            if (server === this.server) this.answer(request, response);
            else request.socket.destroy();
        });
        this.server = server;
        await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
        this.origin = `http://127.0.0.1:${this.server.address().port}`;
    }

    stop() {
        if (this.server) {
            this.server.closeAllConnections();
            this.server.close();
        }
    }

    // Every event, in the order of arrival; a repeated one again.
    get arrived() {
        return this.bodies.flat();
    }

    // What has an effect: each id once.
    get events() {
        return [...new Map(this.arrived.map((event) =>
            [event.id, event])).values()];
    }

    of(type) {
        return this.events.filter((event) => event.type === type);
    }

    answer(request, response) {
        const address = new URL(request.url, this.origin);

        this.requests.push(`${request.method} ${request.url}`);
        if (address.pathname === '/reco/beacon') {
            this.beacon(request, response);
        } else if (address.pathname === '/reco.js') {
            response.setHeader('Content-Type', 'text/javascript');
            response.end(fs.readFileSync(path.join(BUILD, 'reco.js')));
        } else if (address.pathname === '/reco/v1/recommendations') {
            response.setHeader('Content-Type', 'text/html');
            response.end(block(`u${this.requests.length}`,
                this.recommended()));
        } else if (address.pathname === '/reco/v1/forget') {
            response.writeHead(204).end();
        } else if (address.pathname === '/shop.css') {
            response.setHeader('Content-Type', 'text/css');
            response.end(STYLE);
        } else if (address.pathname === '/favicon.ico') {
            response.writeHead(204).end();
        } else {
            this.page(address.pathname, response);
        }
    }

    beacon(request, response) {
        // Those of this test, should the answer take until the next one.
        const { bodies, refused } = this;
        let body = '';

        request.on('data', (piece) => (body += piece));
        request.on('end', () => setTimeout(() => {
            if (this.status === 204 && body.length > BODY_MAX) {
                response.writeHead(413).end();
                return;
            }
            const taken = this.status === 204;

            (taken ? bodies : refused).push(JSON.parse(body));
            if (taken) this.type = request.headers['content-type'];
            if (this.status === 0) request.socket.destroy();
            else response.writeHead(this.status).end();
        }, this.delay));
    }

    page(name, response) {
        const [, id] = /^\/product\/([\w-]+)$/.exec(name) || [];
        const html = this.pages[name] || (id && product(id));

        response.setHeader('Content-Security-Policy', this.policy);
        if (name.endsWith('.js') && html) {
            response.setHeader('Content-Type', 'text/javascript');
        } else {
            response.setHeader('Content-Type', 'text/html; charset=utf-8');
        }
        response.writeHead(html ? 200 : 404).end(html || 'not found');
    }
}

module.exports = { BUILD, Site, block, product };
