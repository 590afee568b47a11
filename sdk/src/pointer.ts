// Hovers over items, clicks on them, and the acts that elements declare.

import { Attention, attention } from './attention';
import { Fields } from './event';
import { ITEM, all, closest } from './dom';
import { emit } from './delivery';
import { item } from './page';

const STRINGS = 4;

let hovered: HTMLElement | null;
let since: number;

// What the attributes on an element, or around it, say.
const describe = (element: HTMLElement, item?: string) => {
    const fields: any = { item };

    'block item req currency rank qty price value'.split(' ').map((name, i) => {
        const holder = closest(element, `[data-reco-${name}]`);

        if (holder) {
            const value: any = holder.getAttribute('data-reco-' + name);

            fields[i ? name : 'slot'] = i < 4 ? value : +value;
        }
    });

    return fields as Fields;
};

export const hover = (target?: EventTarget) => {
    const next = closest(target, ITEM);

    if (next != hovered) {
        const ms = attention() - since;

        if (hovered && ms > Attention.NOTABLE) {
            emit('hover', { ...describe(hovered), ms });
        }
        hovered = next;
        since = attention();
    }
};

// Enter in a form clicks its button.
export const act = (event: MouseEvent) => {
    const element = closest(event.target, '[data-reco-event],' + ITEM);

    if (element && event.button < 2) {
        emit(element.dataset.recoEvent || 'click', describe(element, item), 1);
    }
};

// Acts that the page states as JSON: an order that was placed, a search.
export const stated = () => {
    all('script[data-reco-event]').map((script) => {
        try {
            const fields = JSON.parse(script.textContent!);

            emit(script.dataset.recoEvent!, fields, 1);
            script.removeAttribute('data-reco-event');
        } catch (e) {
            // Still arriving, or not JSON.
        }
    });
};
