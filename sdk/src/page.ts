// Which item the page shows; its views, and what came of them.
//
// The server or the page's own script may tell the item; that holds until the
// path changes.  Else the document declares it, and a router that renders
// another product changes the declaration.

import { Fields } from './event';
import { update } from './update';
import { emit } from './delivery';
import { all, on, said } from './dom';
import { given } from './settings';
import { Attention, attention } from './attention';

let path = location.pathname;
let told = given;
let counted = 0;
let deepest = 0;

export let item: string | undefined;

// What was not reported yet: the times of one page view add up, and the
// greatest of its depths is the deepest.
export const report = () => {
    const ms = attention() - counted;

    counted += ms;
    if (item) {
        if (ms > Attention.NOTABLE) emit('dwell', { item, ms });
        if (deepest) emit('scroll', { item, depth: deepest });
    }
    deepest = 0;
};

// again: a view even though the item is the same.
export const look = (fields?: Fields | 0, again?: boolean) => {
    if (fields || path != location.pathname) {
        path = location.pathname;
        told = (fields as Fields)?.item;
    }

    const [element] = all('meta[name="reco:item"],[data-reco-page-item]');
    const found = told ||
        (said(element, 'data-reco-page-item') ?? said(element, 'content'));

    if (again || found != item) {
        report();
        item = found;
        // The first view of a page is news to nobody: the server sent it.
        if (item) emit('view', { ...fields, item }, counted > 0 && update);
    }
};

on('scroll', () => deepest = Math.min(1, Math.max(deepest,
    (scrollY + innerHeight) / document.documentElement.scrollHeight)));
