// How long the visitor attends to the site's page.

import { on } from './dom';

export const enum Attention {
    IDLE = 30000,
    NOTABLE = 500,
}

let total = 0;
let stirred = Date.now();
let last: number;
let attending: boolean;

// Milliseconds so far in which the page was visible, focused, and its visitor
// not idle.  An event is a sign of life.
export const attention = (event?: unknown) => {
    const time = Date.now();

    if (attending && time - stirred < Attention.IDLE) total += time - last;
    last = time;
    if (event) stirred = time;
    attending = document.hasFocus() && !document.hidden;

    return total;
};

on('pointermove focus keydown visibilitychange blur click pageshow scroll',
    attention);
