// From an event to the server: consent, batches, acknowledgement, retry,
// storage.
//
// `pending` holds what was not acknowledged yet, oldest first, and so does the
// browser's storage under a key of this page's own; the next page takes over
// what an earlier one left behind.  A repeated event keeps its id.

import { Fields, RecoEvent } from './event';
import { asked, endpoint, stub } from './settings';

const enum Consent { REFUSED = -1, UNKNOWN, GIVEN }

const enum Limit {
    BATCH = 64,
    KEPT = 256,
    PAUSE = 1000,
    LONGEST = 64000,
}

type Act = () => void;

const page: any = crypto.getRandomValues(new Uint32Array(2));

// A second copy of this file on the page stays silent, too.
const refused = stub?.v || (navigator as any).doNotTrack == 1 ||
    navigator.globalPrivacyControl;

let consent: Consent = refused ? Consent.REFUSED : +!asked;
let count = 0;
let pending: RecoEvent[] = [];
let flying: unknown = 0; // a request carries the head of pending
let pause = 0; // not 0: the last attempt failed
let timer: any;
let acted: Act | undefined | 0;

// A signal of the visitor's browser outweighs what the page says.
export const allow = (answer?: unknown) => {
    if (answer && !refused) {
        consent = Consent.GIVEN;
        send();
    } else {
        consent = Consent.REFUSED;
        adopt();
        pending = [];
    }
};

// What the visitor did goes out at once, and what is to follow it (blocks may
// change) does once it has arrived; what was merely noticed waits for company.
export const emit = (type: string, fields?: Fields, act?: Act | false) => {
    if (consent >= Consent.UNKNOWN) {
        pending.push({
            v: 1,
            id: page + --count, // its sign parts the two
            type,
            ts: Date.now(),
            ...fields,
        });
        keep();
        timer ||= setTimeout(send, Limit.PAUSE);
        if (act) {
            acted = act;
            send();
        }
    }
};

// Without storage, what is pending lives as long as the page.
const keep = () => {
    try {
        if (consent > Consent.UNKNOWN) {
            localStorage['reco.' + page] =
                JSON.stringify(pending.slice(-Limit.KEPT));
        }
    } catch {}
};

export const adopt = () => {
    try {
        for (const key in localStorage) {
            if (!key.indexOf('reco.')) {
                // What is damaged is given up, and alone.
                try { pending.push(...JSON.parse(localStorage[key])); } catch {}
                delete localStorage[key];
            }
        }
    } catch {}
};

// A page that is leaving cannot wait for an answer, and in the browser's cache
// it may never hear the one it waits for.  So it sends again what a request is
// carrying, and what it sends counts as delivered; where that is unlikely the
// next page sends it.
export const send = async (leaving?: boolean) => {
    timer = clearTimeout(timer);

    // After a failure one at a time: the batch may have been too large.
    const batch = pending.slice(0, pause ? 1 : Limit.BATCH);

    if (consent < Consent.GIVEN || !batch[0] || (!leaving && flying)) {
        return;
    }

    const body = JSON.stringify(
        batch.map((event) => ({ ...event, sent: Date.now() })));
    let done = leaving && !pause && navigator.onLine &&
        navigator.sendBeacon(endpoint, body);

    if ((flying = !leaving)) {
        try {
            // Anything else than "come again later" is final.
            done = (await fetch(endpoint, {
                credentials: 'include',
                body,
                method: 'POST',
                // Outlives the page, but may not be large.
                keepalive: !pause,
            })).status < 429;
        } catch {}
        flying = 0;
        pause = done ? 0 : pause * 2 % Limit.LONGEST + Limit.PAUSE;
        timer ||= setTimeout(send, pause * Math.random());
    }

    if (done) {
        pending = pending.filter((event) => !batch.includes(event));
        keep();
        if (acted && !pending[0]) {
            acted();
            acted = 0;
        }
    }
};
