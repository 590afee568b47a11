// From an event to the server: batches, acknowledgement, retry, storage.
//
// `pending` holds what was not acknowledged yet, oldest first, and so does the
// browser's storage under a key of this page's own; the next page takes over
// what an earlier one left behind.  A repeated event keeps its id.

import { Fields, RecoEvent, now, unique } from './event';
import { consent } from './consent';
import { settings } from './settings';

const enum Limit {
    BATCH = 64,
    KEPT = 256,
    PAUSE = 1000,
    LONGEST = 60000,
}

const PREFIX = 'reco.';
const key = PREFIX + unique();

let pending: RecoEvent[] = [];
let flying = 0; // how many at the head of pending a request is carrying
let most: number = Limit.BATCH;
let pause = 0;
let timer: any;
let acted: unknown;
let update: () => void;

const keep = () => {
    try {
        delete localStorage[key];
        if (pending[0]) {
            localStorage[key] = JSON.stringify(pending.slice(-Limit.KEPT));
        }
    } catch (e) {
        // No storage: what is pending lives as long as the page.
    }
};

const remove = (start: number, count: number) => {
    pending.splice(start, count);
    keep();
};

export const discard = () => remove(0, Infinity);

export const adopt = () => {
    try {
        for (const name in localStorage) {
            if (!name.indexOf(PREFIX)) {
                const left = localStorage[name];

                delete localStorage[name];
                pending.push(...JSON.parse(left));
            }
        }
    } catch (e) {
        // No storage, or not ours.
    }
};

const later = (ms: number) => {
    timer = timer || setTimeout(send, ms);
};

// A page that is leaving may not see the answer.
export const send = async (leaving?: boolean) => {
    timer = clearTimeout(timer);
    if (!consent || !pending[flying] || (flying && !leaving)) return;

    pending.map((event) => (event.sent = now()));
    const url = settings.endpoint || '/reco/beacon';
    const { length } = pending.slice(flying, flying + most);
    const body = JSON.stringify(pending.slice(flying, flying + most));

    if (leaving) {
        if (navigator.onLine && navigator.sendBeacon(url, body)) {
            remove(flying, length);
        }
        return;
    }

    flying = length;
    pause = Math.min(pause * 2 + Limit.PAUSE, Limit.LONGEST);
    // What the browser refuses to carry, or a proxy to pass, may be too large.
    most = most >> 1 || 1;
    try {
        const { status } = await fetch(url, {
            method: 'POST',
            body,
            keepalive: length > 1,
            credentials: 'include',
        });

        if (status < 500 && status != 429) {
            remove(pause = 0, flying);
            most = Limit.BATCH;
            if (acted && !pending[0]) {
                acted = 0;
                update();
            }
        }
    } catch (e) {
        // The network is away.
    }
    flying = 0;
    later(pause * (0.5 + Math.random()));
};

// What the visitor did goes out at once, and blocks may change after it; what
// was merely noticed waits for company.
export const emit = (type: string, fields?: Fields, act?: unknown) => {
    if (consent === false) return;

    pending.push({ v: 1, id: unique(), type, ts: now(), ...fields });
    if (consent) keep();
    if (act) {
        acted = act;
        send();
    } else {
        later(Limit.PAUSE);
    }
};

export const afterAct = (listener: () => void) => {
    update = listener;
};
