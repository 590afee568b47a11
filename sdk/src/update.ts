// Blocks that follow what the visitor did, without a page load.

import { BLOCK, ITEM, all } from './dom';
import { api } from './settings';
import { describe } from './describe';
import { item } from './page';

// The innermost element that holds all items of a block.
const list = (block: HTMLElement) =>
    all('*', block).filter((element) =>
        all(ITEM, element).length == all(ITEM, block).length).pop()!;

export const update = () => {
    all('[data-reco-live]').map(async (block) => {
        // Where the network or a block is missing, the page stays as it is.
        try {
            const template = document.createElement('template');

            template.innerHTML = await (await fetch(
                api + 'recommendations?format=html&' + new URLSearchParams({
                    item: item || '',
                    ...describe(block) as {},
                }))).text();
            const [fresh] = all(BLOCK, template.content);

            // What is around the places stays, and with it what was scrolled.
            if (fresh.innerHTML != block.innerHTML) {
                const at = all(ITEM, block)
                    .indexOf(document.activeElement as HTMLElement);

                list(block).innerHTML = list(fresh).innerHTML;
                block.dataset.recoReq = fresh.dataset.recoReq;
                all(ITEM, block)[at]?.focus({ preventScroll: true });
            }
        } catch {}
    });
};
