// Blocks that follow what the visitor did, without a page load.

import { BLOCK, ITEM, all } from './dom';
import { item } from './page';
import { settings } from './settings';

const ids = (block: HTMLElement) =>
    '' + all(ITEM, block).map((element) => element.dataset.recoItem);

const parts = (block: HTMLElement) => [block, ...all('*', block)];

// Focus and scroll stay at the same place of the block.
const swap = (block: HTMLElement, html: string) => {
    const template = document.createElement('template');

    template.innerHTML = html;
    const [fresh] = all(BLOCK, template.content);

    if (fresh && ids(fresh) != ids(block)) {
        const twins = parts(fresh);

        block.after(fresh);
        parts(block).map((part, i) => {
            if (twins[i]) {
                twins[i].scrollLeft = part.scrollLeft;
                if (part == document.activeElement) {
                    twins[i].focus({ preventScroll: true });
                }
            }
        });
        block.remove();
    }
};

export const update = () => {
    all('[data-reco-live]').map((block) => {
        const query = new URLSearchParams({
            slot: block.dataset.recoBlock!,
            item: item || '',
            n: '' + all(ITEM, block).length,
            format: 'html',
        });

        fetch((settings.api || '/reco/v1/') + 'recommendations?' + query,
            { credentials: 'include' })
            .then((response) => response.text())
            .then((html) => swap(block, html))
            .catch(() => {});
    });
};
