// Which item the page shows, and its views.
//
// The server or the page's own script may tell; that holds until the path
// changes.  Else the document declares it, and a router that renders another
// product changes the declaration.

import { Fields } from './event';
import { emit } from './delivery';
import { report, restart } from './attention';
import { settings } from './settings';

let path = location.pathname;
let told = settings.item;
let earlier: string | undefined;

export let item: string | undefined;

const declared = () => {
    const element: any = document.querySelector(
        'meta[name="reco:item"],[data-reco-page-item]');

    return element && (element.content || element.dataset.recoPageItem);
};

// again: a view even though the item is the same.
export const look = (fields?: Fields | null, again?: boolean) => {
    if (fields || path != location.pathname) {
        path = location.pathname;
        told = fields ? fields.item : '';
    }

    const found = told || declared();

    if (again || found != item) {
        report(item);
        restart();
        item = found;
        if (item) {
            emit('view', { ...fields, item }, earlier);
            earlier = item;
        }
    }
};
