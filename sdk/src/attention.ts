// How long the visitor attends to the page, and how far down.

import { emit } from './delivery';
import { now } from './event';

export const enum Attention {
    IDLE = 30000,
    NOTABLE = 500,
}

let total = 0;
let last: number;
let stirred: number;
let attending: boolean;

let counted: number;
let deepest: number;
let reported: number;

// Milliseconds so far in which the page was visible, focused, and its visitor
// not idle.  An event is a sign of life.
export const attention = (event?: unknown) => {
    const time = now();

    if (attending) {
        total += Math.max(0, Math.min(time, stirred + Attention.IDLE) - last);
    }
    last = time;
    if (event) stirred = time;
    attending = !document.hidden && document.hasFocus();

    return total;
};

export const scrolled = () => {
    const depth =
        (scrollY + innerHeight) / document.documentElement.scrollHeight;

    deepest = Math.max(deepest, Math.min(1, +depth.toFixed(2)));
};

// What was not reported yet: the events of one page view add up.
export const report = (item?: string) => {
    const ms = attention() - counted;

    if (item) {
        if (ms > Attention.NOTABLE) {
            counted += ms;
            emit('dwell', { item, ms });
        }
        if (deepest > reported) {
            emit('scroll', { item, depth: reported = deepest });
        }
    }
};

export const restart = () => {
    counted = attention(1);
    deepest = reported = 0;
};
