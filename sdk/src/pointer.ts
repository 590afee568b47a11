// Hovers over items, clicks on them, and the acts that elements declare.

import { ITEM, around, on } from './dom';
import { item } from './page';
import { emit, send } from './delivery';
import { Attention, attention } from './attention';
import { describe } from './describe';
import { update } from './update';

let hovered: HTMLElement | undefined;
let since = 0;

export const hover = (target?: any) => {
    const ms = attention() - since;
    const next = around(target, ITEM);

    if (next != hovered) {
        if (hovered && ms > Attention.NOTABLE) {
            emit('hover', { ...describe(hovered), ms });
        }
        hovered = next;
        since += ms;
    }
};

// Enter in a form clicks its button.
on('auxclick click', (event) => {
    const element = around(event.target, ITEM + ',[data-reco-event]');

    if (element && event.button < 2) {
        const type = element.dataset.recoEvent;
        // What is searched for: the field of that name, beside the button.
        const q = element.form?.q;

        // The page may be left for the item: no time to wait, none to update.
        emit(type || 'click', {
            item, ...describe(element), ctx: q && { q: q.value },
        }, type && update);
        send();
    }
});

on('pointerover', (event) => hover(event.target));
on('pointerout', (event) => hover(event.relatedTarget));
